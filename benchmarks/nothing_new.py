"""Claim: a run of orders_to_cassandra that finds nothing new takes less than 3 s of task time in a real Airflow.

Task time is what Airflow reports: the time of each of the run's tasks, from the start of its process, added up.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measuring import verdict
from local_stack import airflow
from local_stack.airflow_api import AirflowApi
from local_stack.stack import LocalStack, temporary_settings

ROUNDS = 5
DAG = "orders_to_cassandra"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        changes = {"stack_airflow": True, "stack_sample_view_rate": 0.0}
        stack = LocalStack(temporary_settings(Path(folder)).model_copy(update=changes))
        try:
            stack.up()
            connected = airflow.api(stack.settings)
            _task_seconds(connected)  # the run that finds everything new
            seconds = [_task_seconds(connected) for _ in range(ROUNDS)]
        finally:
            stack.clean()
    print("  " + ", ".join(f"{each:.2f} s" for each in seconds))
    return 0 if verdict("task time of a run with nothing new, s", median(seconds), at_most=3.0) else 1


def _task_seconds(connected: AirflowApi) -> float:
    """Triggers a run and waits for its end."""
    run = connected.post(f"dags/{DAG}/dagRuns", {"logical_date": None, "conf": {}})["dag_run_id"]
    path = f"dags/{DAG}/dagRuns/{run}"
    while (state := connected.get(path)["state"]) != "success":
        if state == "failed":
            sys.exit(f"{run} failed")
        time.sleep(0.5)
    return sum(task["duration"] or 0.0 for task in connected.get(f"{path}/taskInstances")["task_instances"])


if __name__ == "__main__":
    sys.exit(main())
