"""Runs of DAGs in a real Airflow, through its REST API."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2

from local_stack import airflow
from local_stack.airflow_api import AirflowApi
from local_stack.stack import LocalStack
from tests import waiting
from vitrine.settings import ShopDatabaseSettings

ORDERS, BEST_SELLERS, REBUILD, TRAIN, MARKET = airflow.DAGS[:5]
FEEDS = airflow.DAGS[-1]
ENDED = {"success", "failed"}
# On a busy machine Airflow may take minutes to begin or to end a run.
wait_until = partial(waiting.wait_until, seconds=400, pause=0.1)


@dataclass(frozen=True)
class Task:
    """A task of a run; `number` is its place among the mapped ones, -1 where there are none."""

    id: str
    name: str
    number: int
    state: str | None
    tries: int


@dataclass(frozen=True)
class Run:
    """A run of a DAG, once it was triggered."""

    api: AirflowApi
    dag_id: str
    run_id: str

    def state(self) -> str:
        return str(self.api.get(self._path)["state"])

    def tasks(self, name: str = "") -> list[Task]:
        """Its tasks as they are now, or those of one name; a task that is not mapped yet has the number -1."""
        path = f"{self._path}/taskInstances"
        found = [
            Task(one["id"], one["task_id"], one["map_index"], one["state"], one["try_number"])
            for one in self.api.get(path, limit=100)["task_instances"]
        ]
        return [task for task in found if name in ("", task.name)]

    def result(self, task: str) -> Any:  # noqa: ANN401 - whatever the task returns
        """What a task (not a mapped one) returned."""
        path = f"{self._path}/taskInstances/{task}/xcomEntries/return_value"
        return self.api.get(path, deserialize="true")["value"]

    def log(self, task: str, *, number: int = -1, attempt: int = 1) -> str:
        """What the UI shows as the log of a task; `number` is its place among the mapped ones."""
        path = f"{self._path}/taskInstances/{task}/logs/{attempt}"
        lines = self.api.get(path, map_index=number)["content"]
        return "\n".join(str(line) for line in lines)

    @property
    def _path(self) -> str:
        return f"dags/{self.dag_id}/dagRuns/{quote(self.run_id)}"


def trigger(stack: LocalStack, dag_id: str, form: Mapping[str, object] | None = None) -> Run:
    """Triggers a run; it starts when no other run of the DAG is active."""
    api = airflow.api(stack.settings)
    made = api.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(form or {})})
    return Run(api, dag_id, str(made["dag_run_id"]))


def running(stack: LocalStack, dag_id: str) -> list[Run]:
    """The runs of a DAG that are active at the moment, triggered or by schedule."""
    api = airflow.api(stack.settings)
    active = api.get(f"dags/{dag_id}/dagRuns", state="running")["dag_runs"]
    return [Run(api, dag_id, str(run["dag_run_id"])) for run in active]


def wait(run: Run) -> str:
    """Waits until the run has ended; how."""
    wait_until(lambda: run.state() in ENDED, what=lambda: f"{run.dag_id} is {run.state()}")
    return run.state()


def process_of(task: Task) -> psutil.Process | None:
    """The process in which a task runs at the moment; it bears the task's id as its name."""
    for process in psutil.process_iter(["cmdline"]):
        if " ".join(process.info["cmdline"] or ()).strip() == f"airflow worker -- {task.id}":
            return process
    return None


def connect_to_shop(stack: LocalStack) -> "psycopg2.extensions.connection":
    """To the database of its products and orders."""
    environment = stack.environment()
    return psycopg2.connect(
        host=environment["VITRINE_POSTGRES_HOST"],
        port=environment["VITRINE_POSTGRES_PORT"],
        user=environment["VITRINE_POSTGRES_USER"],
        dbname=ShopDatabaseSettings().shop_database,
    )
