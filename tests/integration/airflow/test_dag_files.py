"""The DAG files as Airflow reads them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local_stack import airflow, airflow_environment
from local_stack.programs import inherited_environment
from vitrine.analytics.steps import STEPS

READ_DAGS = Path(__file__).with_name("read_dags.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read(airflow.DAGS_FOLDER, tmp_path_factory.mktemp("home"))


def test_each_dag_imports_without_error(found: dict[str, Any]) -> None:
    assert found["errors"] == {}
    assert set(found["dags"]) == set(airflow.DAGS)


@pytest.mark.parametrize("dag", airflow.DAGS)
def test_a_dag_runs_alone_within_a_time_limit_and_does_not_catch_up(found: dict[str, Any], dag: str) -> None:
    settings = found["dags"][dag]
    assert (settings["catchup"], settings["max_active_runs"], settings["time_limit"]) == (False, 1, True)


@pytest.mark.parametrize("dag", airflow.DAGS)
def test_a_dag_is_documented(found: dict[str, Any], dag: str) -> None:
    page = found["dags"][dag]["documentation"]
    assert all(part in page for part in ("| reads |", "| writes |", "When it fails", "From a shell: "))


@pytest.mark.parametrize("dag", airflow.DAGS)
def test_each_task_is_tried_again_with_growing_pauses_within_a_time_limit(found: dict[str, Any], dag: str) -> None:
    for task in found["dags"][dag]["tasks"].values():
        assert task["retries"] >= 3
        assert task["back_off"] > 1
        assert task["time_limit"]
        assert task["on_failure"]
        assert task["owner"] == "vitrine"


def test_the_steps_of_the_warehouse_run_one_after_the_other(found: dict[str, Any]) -> None:
    tasks = found["dags"]["pipeline"]["tasks"]
    assert list(tasks) == list(STEPS)
    assert [task["after"] for task in tasks.values()] == [[], *([step] for step in list(STEPS)[:-1])]


def test_a_broken_dag_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("from airflow.sdk import dag\nimport nothing_of_this_name\n")
    assert "nothing_of_this_name" in str(read(tmp_path, tmp_path / "home")["errors"])


def read(folder: Path, home: Path) -> dict[str, Any]:
    """What Airflow makes of the files of a folder."""
    airflow_environment.ensure(lambda _: None)
    done = subprocess.run(
        [str(airflow_environment.PYTHON), str(READ_DAGS), str(folder)],
        env={**inherited_environment(), "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
