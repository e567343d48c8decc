"""The dev containers are built, and the tests that their editors run are run inside."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compose.conftest import timed
from tests.compose.project import ComposeProject
from vitrine.settings import PROJECT_FOLDER

FOLDERS = sorted((PROJECT_FOLDER / ".devcontainer").iterdir())
DESCRIBED: dict[str, dict[str, Any]] = {
    folder.name: json.loads((folder / "devcontainer.json").read_text()) for folder in FOLDERS
}
pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def project(times: dict[str, float]) -> Iterator[ComposeProject]:
    """A project with all dev containers, built at once: each is of a service of its own."""
    made = ComposeProject(f"vitrine-dev-{os.getpid()}", overrides=[folder / "docker-compose.yml" for folder in FOLDERS])
    try:
        with timed(times, "build of the dev containers"):
            made.run("build", *(described["service"] for described in DESCRIBED.values()))
        yield made
    finally:
        made.remove()


@pytest.mark.parametrize("process", DESCRIBED)
def test_its_tools_are_there_and_its_tests_pass(project: ComposeProject, process: str) -> None:
    tests = DESCRIBED[process]["customizations"]["vscode"]["settings"]["python.testing.pytestArgs"]
    done = _inside(project, process, f"ruff check --no-cache services && pytest -p no:cacheprovider {' '.join(tests)}")
    assert "rootdir: /workspace" in done
    assert " passed" in done


def test_airflow_reads_the_dags_of_the_workspace(project: ComposeProject) -> None:
    done = _inside(project, "airflow", "python tests/integration/airflow/read_dags.py dags")
    found = json.loads(done.splitlines()[-1])
    assert found["errors"] == {}
    assert found["dags"]


def test_airflow_has_the_environment_of_the_analytics_side(project: ComposeProject) -> None:
    done = _inside(project, "airflow", ".analytics/bin/python -m vitrine.lake prepare && .analytics/bin/dbt --version")
    assert "duckdb" in done


def _inside(project: ComposeProject, process: str, command: str) -> str:
    """What a command prints in the dev container of a process, without the servers."""
    service = DESCRIBED[process]["service"]
    done = project.run("run", "--rm", "--no-deps", "-T", "--entrypoint=sh", service, "-c", command, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
