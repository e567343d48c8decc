"""docker-compose.yml under a project name of its own, on free ports, as its user calls it."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from local_stack.stack import free_ports
from vitrine.settings import PROJECT_FOLDER

DEMO = PROJECT_FOLDER / "docker" / "demo.env"
# As in a fresh clone, whatever .env the working copy has.
BARE = Path(os.devnull)


@dataclass(frozen=True)
class ComposeProject:
    """One project; nothing is left of it after `remove`."""

    name: str
    environment_file: Path = BARE
    # More Compose files, on top of docker-compose.yml.
    overrides: Sequence[Path] = ()
    ports: tuple[int, ...] = field(default_factory=lambda: tuple(islice(free_ports(), 3)))

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def airflow_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[2]}"

    def run(self, *arguments: str, typed: str = "", check: bool = True) -> "subprocess.CompletedProcess[str]":
        """`docker compose ARGUMENTS`. Where it fails, AssertionError with what it said."""
        files = [f"--file={file}" for file in (PROJECT_FOLDER / "docker-compose.yml", *self.overrides)]
        options = (*files, f"--env-file={self.environment_file}", "--project-name", self.name)
        done = docker("compose", *options, *arguments, typed=typed, environment=self._environment())
        assert done.returncode == 0 or not check, f"{' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, *options: str) -> None:
        """Returns once all containers are healthy; AssertionError, with the logs, when one does not get there."""
        done = self.run("up", "--detach", "--wait", *options, check=False)
        if done.returncode != 0:
            logs = self.run("logs", "--tail=30", check=False)
            raise AssertionError(f"{done.stderr}\n{self.run('ps', '--all').stdout}\n{logs.stdout}")

    def configuration(self) -> dict[str, Any]:
        """The services as Compose understands them."""
        found: dict[str, Any] = json.loads(self.run("config", "--format=json").stdout)["services"]
        return found

    def containers(self, *services: str) -> list[dict[str, Any]]:
        """What `docker compose ps` says of the containers that run."""
        return [json.loads(line) for line in self.run("ps", "--format=json", *services).stdout.splitlines()]

    def log_lines(self, service: str) -> list[str]:
        """What the containers of a service have printed; `docker compose logs` adds codes for terminals."""
        logs = (docker("logs", container) for container in self.run("ps", "--all", "--quiet", service).stdout.split())
        return [line for log in logs for line in (log.stdout + log.stderr).splitlines()]

    def remove(self) -> None:
        """Takes containers, networks, volumes and the images that were built away."""
        self.run("--profile=*", "down", "--volumes", "--remove-orphans", "--timeout=10")
        label = f"label=com.docker.compose.project={self.name}"
        if images := set(docker("image", "ls", "--quiet", "--filter", label).stdout.split()):
            docker("image", "rm", "--force", *images)

    def _environment(self) -> dict[str, str]:
        # What is set in the environment would come before the file.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VITRINE_", "COMPOSE_"))}
        names = (f"VITRINE_PUBLISHED_{what}_PORT" for what in ("API", "AIRFLOW", "DASHBOARD"))
        return {**kept, **dict(zip(names, map(str, self.ports), strict=True))}


def docker(
    *arguments: str, typed: str = "", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """What `docker ARGUMENTS` says, run at the top of the project."""
    command = ("docker", *arguments)
    return subprocess.run(
        command, cwd=PROJECT_FOLDER, env=environment, input=typed, capture_output=True, text=True, check=False
    )
