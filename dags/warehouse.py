"""
### From the lake to the marts that the API and the dashboard read

Whenever something was landed (the assets `files_in_lake`, `shop_in_lake`, `events_in_lake`, `market_in_lake`), and each
day at 05:00 UTC. What has not changed since the last run is not built again.

| | |
| --- | --- |
| reads | the lake (`VITRINE_LAKE`) |
| writes | the warehouse, one file (`VITRINE_WAREHOUSE_FILE`); Postgres: the schemas `quality` and `marts` |
| then | announces the asset `marts_in_postgres` |

1. `staging`: views over the lake, and its rows typed and each once (dbt).
2. `recommendations`: ten products for each household and customer, out of staging, and how good such lists are.
3. `marts`: profiles, sales, pairs, cohorts and the rest, out of staging (dbt).
4. `quality`: tests the marts; what it finds goes to Postgres, and a change is told of once (`VITRINE_NOTIFY`).
5. `publish`: the marts to Postgres, all at one moment.

One process writes to the warehouse at a time: the tasks run one after the other, and so do the runs.

#### The form (Trigger)

- `again`: build and publish everything, also what has not changed.

#### When it fails

Each task is tried six times, with growing pauses; the reason is at the end of its log. What was published before stays.

- `quality` *failed checks*: nothing is published until they pass. The log names them, `quality.results` in Postgres has
  the keys of rows that break them. Mend the source; the next landing starts a run.
- *Another process works in …: waiting for it*: somebody works in the warehouse from a shell; the task goes on after it.
- *There is no such file* `.analytics/bin/python`: run `make .analytics/.installed`.

From a shell: `make pipeline-staging`, …, or `.analytics/bin/python -m vitrine.analytics run`.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, Param, chain, dag, task
from defaults import DEFAULT_ARGS, in_analytics

LANDED = Asset("files_in_lake") | Asset("shop_in_lake") | Asset("events_in_lake") | Asset("market_in_lake")
STEPS = ("staging", "recommendations", "marts", "quality", "publish")


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 5 * * *", timezone="UTC"), assets=LANDED),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "analytics"],
    description="The lake to marts in Postgres: staging, recommendations, marts, their tests, publishing",
    doc_md=__doc__,
    params={"again": Param(False, type="boolean", title="Again", description="Also what has not changed.")},
)
def pipeline() -> None:
    def do(step: str) -> Any:  # noqa: ANN401 - Airflow's XComArg
        @task.bash(
            task_id=step,
            execution_timeout=timedelta(hours=2),
            outlets=[Asset("marts_in_postgres")] if step == "publish" else [],
        )
        def run(**context: Any) -> str:  # noqa: ANN401 - Airflow's context
            return in_analytics("vitrine.analytics", step, *([] if context["params"]["again"] else ["--only-changes"]))

        return run()

    chain(*(do(step) for step in STEPS))


pipeline()
