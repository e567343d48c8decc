"""
### The market around the shop: inhabitants, states, businesses

Each day at 04:00 UTC.

| | |
| --- | --- |
| reads | REST APIs in the form of the US Census' (`VITRINE_CENSUS_URL`) and of Yelp's (`VITRINE_LISTINGS_URL`), and a web page with a table of states (`VITRINE_STATES_PAGE_URL`) |
| writes | Postgres: the schema `market_raw` as it was fetched; `market` in tables with keys: `states`, `counties`, `populations`, `businesses`, `categories`, `business_categories`, `ratings` (one a business and day) |
| then | announces the asset `market_in_postgres`: `land_market` waits for it |

One task, `run`: fetches the states, the inhabitants and, state by state, the businesses, then lets dbt bring them into
the tables of `market`. Doing it twice changes nothing. Businesses of a state are fetched once a day: a run that ended at
the limit of the key goes on there. A row that does not fit is set aside in `market.rejected_rows`, with the reason; the
admin shows them. A source whose key or address is not set is left out.

#### When it fails

A request is made five times, with growing pauses; a task is tried six times. The reason is at the end of its log. A
source that fails does not keep the others from being fetched, and what was there before stays. *There is no such file*
`.analytics/bin/python`: run `make .analytics/.installed`. *answered 401*: set the key. *answered 429*: the limit of the
key is reached; the next run goes on.

From a shell: `.analytics/bin/python -m vitrine.market run`.
"""  # noqa: E501 - a row of a table is one line

from datetime import timedelta

from airflow.sdk import Asset, CronTriggerTimetable, dag, task
from defaults import DEFAULT_ARGS, in_analytics


@dag(
    schedule=CronTriggerTimetable("0 4 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args=DEFAULT_ARGS,
    tags=["vitrine", "analytics"],
    description="Inhabitants, states and businesses: REST APIs and a web page to Postgres",
    doc_md=__doc__,
)
def market() -> None:
    @task.bash(execution_timeout=timedelta(hours=3), outlets=[Asset("market_in_postgres")])
    def run() -> str:
        return in_analytics("vitrine.market", "run")

    run()


market()
