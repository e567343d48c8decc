"""
### The best sellers of the previous month

Runs when orders have arrived in Cassandra (the asset `orders_in_cassandra`), and each day at 00:00 UTC, so that the
first day of a month gets new lists.

| | |
| --- | --- |
| reads | Postgres: the orders of the previous calendar month (UTC); if it has none, of the latest month that has some |
| writes | Cassandra: `best_sellers`, `editions` |

One task, `replace`: ranks the products by distinct buyers, then quantity, then product id, over all and per category,
in Postgres; writes the lists as a new edition and names that edition last, so that no reader ever sees half a list. It
returns the month and how many lists there are (its *XCom*, its log).

#### When it fails

It is tried six times, with growing pauses; the reason is at the end of its log. The old lists stay until it succeeds,
so shoppers still get recommendations. If a server was away, start it, then clear the task or press **Trigger**. Running
it again does no harm.

From a shell: `python -m vitrine.pipelines best-sellers`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from defaults import DEFAULT_ARGS


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 0 * * *", timezone="UTC"), assets=[Asset("orders_in_cassandra")]
    ),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "recommendations"],
    description="The top products of the previous month, over all and per category",
    doc_md=__doc__,
)
def best_sellers() -> None:
    @task(execution_timeout=timedelta(hours=1))
    def replace() -> dict[str, Any]:
        from vitrine.pipelines import best_sellers_to_cassandra as pipeline

        return pipeline.replace(datetime.now(UTC))

    replace()


best_sellers()
