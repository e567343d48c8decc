"""What README tells a newcomer, done in a fresh clone in an empty folder."""

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from local_stack.stack import temporary_settings
from vitrine.settings import PROJECT_FOLDER

README = (PROJECT_FOLDER / "README.md").read_text()
MAKEFILE = (PROJECT_FOLDER / "Makefile").read_text()


class Clone:
    """A fresh clone with ports of its own; the jars are those of this checkout, which saves their download."""

    def __init__(self, folder: Path) -> None:
        subprocess.run(["git", "clone", "--quiet", str(PROJECT_FOLDER), str(folder)], check=True)  # noqa: S607
        self.folder = folder
        settings = temporary_settings(folder / ".local_stack").model_dump(exclude={"stack_data_folder"})
        self._environment = {**os.environ, **{f"VITRINE_{key.upper()}": str(value) for key, value in settings.items()}}

    def make(self, target: str, *, status: int = 0) -> str:
        """Runs `make TARGET`; what it printed."""
        done = self._run("make", "--silent", target)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def states(self) -> dict[str, str]:
        done = self._run(".venv/bin/python", "-m", "local_stack", "status", "--json")
        return {each["name"]: each["state"] for each in json.loads(done.stdout)}

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    cloned = Clone(tmp_path_factory.mktemp("newcomer") / "vitrine")
    yield cloned
    cloned.make("clean")


@pytest.mark.timeout(600)
def test_the_commands_of_the_readme_work_in_a_fresh_clone(clone: Clone) -> None:
    shown = clone.make("up")
    products = get_what_curl_would(shown)
    assert products
    assert clone.make("up").startswith("The stack is up already.")
    assert set(clone.states().values()) == {"RUNNING"}
    assert "http://localhost:" in clone.make("status")

    kill_process_of(clone, "api")
    kill_process_of(clone, "services.view_consumer")
    wait_until_the_answer_is_back(shown)

    clone.make("down")
    clone.make("status", status=2)
    assert set(get_what_curl_would(clone.make("up"))) >= set(products[:1])
    clone.make("clean")
    assert not (clone.folder / ".local_stack").exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|\$ )make ([a-z]+)", README))))
def test_each_target_that_the_readme_names_is_one_of_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    "module", sorted(set(re.findall(r"python -m ((?:services|test_data_generator|local_stack)[a-z_.]*)", README)))
)
def test_each_module_that_the_readme_names_explains_itself(module: str, tmp_path: Path) -> None:
    python = PROJECT_FOLDER / ".venv/bin/python"
    done = subprocess.run(
        [str(python), "-m", module, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def get_what_curl_would(shown: str) -> list[str]:
    """Carries out the curl command that was printed; a bare machine has no curl."""
    line = next(line for line in shown.splitlines() if line.strip().startswith("curl "))
    _, option, header, url = shlex.split(line)
    assert option == "-H"
    name, value = header.split(": ")
    answer = httpx.get(url, headers={name: value}).raise_for_status().json()
    assert answer["type"] == "personalized"
    return list(answer["products"])


def kill_process_of(clone: Clone, module: str) -> None:
    """kill -9 of the process that runs a module out of the clone's environment."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if command[1:] == ["-m", module] and command[0].startswith(str(clone.folder)):
            parent = process.parent()
            if parent is None or parent.cmdline() != command:
                process.kill()
                return
    pytest.fail(f"nothing runs {module}")


def wait_until_the_answer_is_back(shown: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert get_what_curl_would(shown)
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "the API did not come back"
            time.sleep(0.2)
        else:
            return
