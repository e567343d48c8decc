"""
### The market around the shop: inhabitants, states, businesses

Each day at 04:00 UTC.

| | |
| --- | --- |
| reads | REST APIs in the form of the US Census' (`VITRINE_CENSUS_URL`) and of Yelp's (`VITRINE_LISTINGS_URL`), and a web page with a table of states (`VITRINE_STATES_PAGE_URL`) |
| writes | Postgres: the schema `market_raw` as it was fetched; `market` in tables with keys: `states`, `counties`, `populations`, `businesses`, `categories`, `business_categories`, `ratings` (one a business and day) |
| writes | the lake (`VITRINE_LAKE`): the tables of `market`, as they stand |

1. `run` fetches the states, the inhabitants and, state by state, the businesses, then lets dbt bring them into the
   tables of `market`.
2. `to_lake` lands these tables in the lake.

Both are skipped where the environment `.analytics` is not there. Doing it twice changes nothing. Businesses of a state are fetched once a day: a run that ended at
the limit of the key goes on there. A row that does not fit is set aside in `market.rejected_rows`, with the reason; the
admin shows them.

#### When it fails

A request is made five times, with growing pauses; a task is tried six times. The reason is at the end of its log. A
source that fails does not keep the others from being fetched, and what was there before stays. *answered 401*: set the
key. *answered 429*: the limit of the key is reached; the next run goes on.

From a shell: `.analytics/bin/python -m vitrine.market run`, then `.analytics/bin/python -m vitrine.lake land market`.
"""  # noqa: E501 - a row of a table is one line

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from defaults import DEFAULT_ARGS


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
    @task.bash(execution_timeout=timedelta(hours=3))
    def run() -> str:
        return _in_analytics("vitrine.market run")

    @task.bash(execution_timeout=timedelta(hours=1))
    def to_lake() -> str:
        return _in_analytics("vitrine.lake land market")

    run() >> to_lake()


def _in_analytics(module: str) -> str:
    """dlt, dbt and DuckDB are in an environment of their own."""
    from vitrine.settings import PROJECT_FOLDER

    python = PROJECT_FOLDER / ".analytics" / "bin" / "python"
    if not python.exists():
        raise AirflowSkipException(f"there is no {python}: `make .analytics/.installed` makes it")
    return f"'{python}' -m {module}"


market()
