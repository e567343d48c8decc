"""What README tells a newcomer, done in a fresh clone in an empty folder."""

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
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
        settings["stack_airflow"] = True
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
    assert get_what_curl_would(shown)
    assert "login airflow" in airflow_line(shown)
    assert httpx.get(f"{airflow_url(shown)}/auth/login/").is_success
    assert clone.make("up").startswith("The stack is up already.")
    assert set(clone.states().values()) == {"RUNNING"}
    assert "http://localhost:" in clone.make("status")

    kill_process_of(clone, "api")
    kill_process_of(clone, "services.view_consumer")
    wait_until(lambda: bool(get_what_curl_would(shown)))
    wait_until(lambda: set(clone.states().values()) == {"RUNNING"})

    wait_until(lambda: is_accepted(shown, "keeper", "product-kept"))
    wait_until(lambda: products_of(shown, "keeper") == ["product-kept"])
    clone.make("down")
    clone.make("status", status=2)
    assert products_of(clone.make("up"), "keeper") == ["product-kept"]
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
    _, option, header, _ = shlex.split(curl_line(shown))
    name, user = header.split(": ")
    assert (option, name) == ("-H", "user-id")
    return products_of(shown, user)


def products_of(shown: str, user: str) -> list[str]:
    url = shlex.split(curl_line(shown))[-1]
    answer = httpx.get(url, headers={"user-id": user}).raise_for_status().json()
    assert answer["type"] == "personalized"
    return list(answer["products"])


def is_accepted(shown: str, user: str, product: str) -> bool:
    url = shlex.split(curl_line(shown))[-1].replace("user_nav_history_latest_products", "events")
    view = {
        "event": "ProductView",
        "messageid": "message-1",
        "userid": user,
        "properties": {"productid": product},
        "context": {"source": "test"},
    }
    return httpx.post(url, json=view).status_code == 202


def airflow_line(shown: str) -> str:
    return next(line for line in shown.splitlines() if line.startswith("Airflow: "))


def airflow_url(shown: str) -> str:
    return airflow_line(shown).removeprefix("Airflow: ").partition(",")[0]


def curl_line(shown: str) -> str:
    return next(line for line in shown.splitlines() if line.strip().startswith("curl "))


def kill_process_of(clone: Clone, module: str) -> None:
    """kill -9 of the process that runs a module out of the clone's environment."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if command[1:] == ["-m", module] and command[0].startswith(str(clone.folder)):
            parent = process.parent()
            if parent is None or parent.cmdline() != command:
                # The workers of the API notice a little later, and still answer until then.
                family = [process, *process.children()]
                process.kill()
                assert not psutil.wait_procs(family, timeout=10)[1]
                return
    pytest.fail(f"nothing runs {module}")


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for a condition; an API that does not answer yet is no answer."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.HTTPError):
            if condition():
                return
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)
