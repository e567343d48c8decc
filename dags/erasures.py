"""
### Erasures of people, to their end

Every twenty minutes, and whenever somebody presses **Trigger**. The API has accepted each erasure before and has removed
what Cassandra holds; this does the rest. A run with nothing left to do changes nothing.

| | |
| --- | --- |
| reads | Kafka: `erasures`; Cassandra: `erasures`, and the views and orders of those who were erased |
| writes | Cassandra, where it was away when the API answered, or was restored from a backup; Kafka: marks of dead letters, `erasures`; the model file; the lake, the warehouse, the marts, the samples of the checks; Valkey |

1. `complete`: what Cassandra still holds; dead letters are dropped; the model is rebuilt without the people.
2. `analytics`: lake, warehouse, marts, samples, kept answers (`python -m vitrine.analytics erase-pending`). It is left
   out where nobody was ever erased.
3. `finish`: notes in the receipts what was done, and until when Kafka keeps what it keeps. The record of a finished
   erasure in `erasures` does not name the person any more.

No task writes an id into its log or its *XCom*: erasures have ids of their own.

A restored backup needs nothing more: erasures that Cassandra or the lake do not know are done there again, and those
that Kafka does not know are put back into its topic.

#### When it fails

Each task is tried six times, with growing pauses; the reason is at the end of its log. What is not done stays pending
in the receipts, and the next run goes on with it.

- *A server was away*: start it.
- *Another rebuild of the model is under way*: the next try is after it.
- *There is no such file* `.analytics/bin/python`: run `make .analytics/.installed`.

From a shell: `python -m vitrine.erasing complete`, then
`.analytics/bin/python -m vitrine.analytics erase-pending | python -m vitrine.erasing finish`.
"""  # noqa: E501 - a row of a table is one line

import json
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from defaults import DEFAULT_ARGS, in_analytics


@dag(
    schedule=CronTriggerTimetable("*/20 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "people"],
    description="What is left to do of accepted erasures: dead letters, model, lake, warehouse, marts",
    doc_md=__doc__,
)
def erasures() -> None:
    @task.short_circuit(execution_timeout=timedelta(hours=1))
    def complete() -> dict[str, int]:
        """An empty answer, where nobody was ever erased, leaves out the tasks that follow."""
        from vitrine.erasing import later

        done = later.complete()
        return done if done["erasures"] else {}

    @task.bash(execution_timeout=timedelta(hours=1))
    def analytics() -> str:
        return in_analytics("vitrine.analytics", "erase-pending")

    @task(execution_timeout=timedelta(minutes=15))
    def finish(said: str) -> dict[str, Any]:
        from vitrine.erasing import later

        return later.finish(json.loads(said))

    said = analytics()
    complete() >> said
    finish(said)


erasures()
