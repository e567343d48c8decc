"""Each dev container is built, and the tests that its editor runs are run inside."""

import json
import os
import time
from collections.abc import Iterator

import pytest

from tests.compose.project import ComposeProject
from vitrine.settings import PROJECT_FOLDER

FOLDERS = sorted((PROJECT_FOLDER / ".devcontainer").iterdir())
pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: str(folder.name))
def container(
    request: pytest.FixtureRequest, times: dict[str, float]
) -> Iterator[tuple[ComposeProject, str, list[str]]]:
    """The project of a dev container with its image built, its service, and the tests that it names."""
    described = json.loads((request.param / "devcontainer.json").read_text())
    project = ComposeProject(f"vitrine-dev-{os.getpid()}", overrides=[request.param / "docker-compose.yml"])
    started = time.monotonic()
    project.run("build", described["service"])
    times[f"build of the dev container {request.param.name}"] = time.monotonic() - started
    try:
        yield (
            project,
            described["service"],
            described["customizations"]["vscode"]["settings"]["python.testing.pytestArgs"],
        )
    finally:
        project.remove()


def test_its_tests_pass_inside(container: tuple[ComposeProject, str, list[str]]) -> None:
    project, service, tests = container
    done = _inside(project, service, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert " passed" in done


def test_its_tools_are_there(container: tuple[ComposeProject, str, list[str]]) -> None:
    project, service, _ = container
    _inside(project, service, "-m", "ruff", "check", "--no-cache", "services")
    assert "vitrine" in _inside(project, service, "-c", "import vitrine; print(vitrine.__file__)")


def test_airflow_reads_the_dags_of_the_workspace(container: tuple[ComposeProject, str, list[str]]) -> None:
    project, service, _ = container
    if service != "airflow-scheduler":
        pytest.skip("only Airflow reads DAGs")
    found = json.loads(_inside(project, service, "tests/integration/airflow/read_dags.py", "dags").splitlines()[-1])
    assert found["errors"] == {}
    assert found["dags"]


def _inside(project: ComposeProject, service: str, *arguments: str) -> str:
    """What Python prints in the service's container, without the servers."""
    done = project.run("run", "--rm", "--no-deps", "-T", "--entrypoint=python", service, *arguments, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
