"""A fresh clone of the project, as a newcomer has it."""

import json
import os
import shlex
import subprocess
import time
from pathlib import Path

from local_stack.stack import LocalStack, temporary_settings
from vitrine.settings import PROJECT_FOLDER


class Clone:
    """A clone with ports of its own; the jars are those of this checkout, which saves their download."""

    def __init__(self, folder: Path) -> None:
        subprocess.run(["git", "clone", "--quiet", str(PROJECT_FOLDER), str(folder)], check=True)
        self.folder = folder
        # What each target of make took the last time.
        self.seconds: dict[str, float] = {}
        self.settings = temporary_settings(folder / ".local_stack").model_copy(update={"stack_airflow": True})
        given = self.settings.model_dump(exclude={"stack_data_folder"})
        self._ports = {f"VITRINE_{key.upper()}": str(value) for key, value in given.items()}

    def make(self, target: str, *, status: int = 0) -> str:
        """Runs `make TARGET`; what it printed."""
        started = time.monotonic()
        done = self._run(["make", "--silent", target], {})
        self.seconds[target] = time.monotonic() - started
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def run(self, command: str) -> str:
        """Runs a command in the clone, with the addresses of its servers, as these are not the usual ones."""
        done = self._run(shlex.split(command), LocalStack(self.settings).environment())
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr + done.stdout

    def states(self) -> dict[str, str]:
        done = self._run([".venv/bin/python", "-m", "local_stack", "status", "--json"], {})
        return {each["name"]: each["state"] for each in json.loads(done.stdout)}

    def _run(self, command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, **environment, **self._ports}
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False)
