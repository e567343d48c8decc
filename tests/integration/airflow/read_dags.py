"""Prints what Airflow makes of a folder of DAG files, as JSON; run by Airflow's own Python."""

import json
import sys
from typing import Any

from airflow.dag_processing.dagbag import DagBag


def described(dag: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's types are not known here
    """What the tests look at."""
    return {
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "time_limit": dag.dagrun_timeout is not None,
        "documentation": dag.doc_md or "",
        "tasks": {
            task.task_id: {
                "retries": task.retries,
                "back_off": task.retry_exponential_backoff,
                "time_limit": task.execution_timeout is not None,
                "on_failure": bool(task.on_failure_callback),
                "owner": task.owner,
                "after": sorted(task.upstream_task_ids),
            }
            for task in dag.tasks
        },
    }


if __name__ == "__main__":
    # As Airflow's own processes do: files of the folder may import each other.
    sys.path.append(sys.argv[1])
    found = DagBag(sys.argv[1])
    dags = {dag.dag_id: described(dag) for dag in found.dags.values()}
    json.dump({"errors": found.import_errors, "dags": dags}, sys.stdout)
