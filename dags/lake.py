"""
### What the sources hold, into the lake

Four DAGs, one a source; each lands what is new since its last run, and a run with nothing new changes nothing.

| DAG | when | |
| --- | --- | --- |
| `land_files` | each day at 02:00 UTC | CSV files: each source in its folder of `VITRINE_CSV_FOLDER` |
| `land_shop` | each hour | the shop's products, orders and their lines, by the change log of Postgres |
| `land_events` | each hour | views, carts, orders, what was recommended to whom and what came of it, from Kafka; from Cassandra, who was whom |
| `land_market` | when `market_in_postgres` says so | states, inhabitants and businesses |

| | |
| --- | --- |
| reads | a folder or a bucket; Postgres: the shop's tables, `market`, the log of changes; Kafka: `product-views`, `shop-events`, `recommendations-shown`; Cassandra: `identifications` |
| writes | the lake (`VITRINE_LAKE`): Parquet files, the lists of the loads that count, rows that were set aside |
| then | announces an asset: `files_in_lake`, `shop_in_lake`, `events_in_lake`, `market_in_lake` |

One task, `land`. What a killed run has written does not count, and is removed by the next one. A row that breaks its
table's declaration is set aside under `_rejected/`, with file, line and reason; the log counts them.

#### The form (Trigger)

- `again` of `land_files`: land all files again, as after a restore. Of `land_shop`: compare all of Postgres with the lake.
- `source`, `folder` of `land_files`: one source only, and where its files are.

A backfill of views needs no form: a lake without loads takes all that Kafka still holds.

#### When it fails

It is tried six times, with growing pauses; the reason is at the end of its log. *There is no such file*
`.analytics/bin/python`: run `make .analytics/.installed`. A server was away: the next run lands what this one could not.
A file whose columns are not those that are declared is named; the others land.

From a shell: `.analytics/bin/python -m vitrine.lake land SOURCE`.
"""  # noqa: E501 - a row of a table is one line

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, Param, dag, task
from defaults import DEFAULT_ARGS, in_analytics

SETTINGS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "dagrun_timeout": timedelta(hours=6),
    "default_args": DEFAULT_ARGS,
    "tags": ["vitrine", "analytics"],
    "doc_md": __doc__,
}
AGAIN = Param(False, type="boolean", title="Again", description="Also what was landed before.")


@dag(
    schedule=CronTriggerTimetable("0 2 * * *", timezone="UTC"),
    description="CSV files into the lake",
    params={
        "source": Param("all-files", enum=["all-files", "completejourney", "online_retail"], title="Source"),
        "folder": Param(
            None,
            type=["null", "string"],
            title="Folder",
            description="Where the files of one source are: a folder, or s3://bucket/prefix.",
        ),
        "again": AGAIN,
    },
    **SETTINGS,
)
def land_files() -> None:
    @task.bash(execution_timeout=timedelta(hours=3), outlets=[Asset("files_in_lake")])
    def land(**context: Any) -> str:  # noqa: ANN401 - Airflow's context
        asked = context["params"]
        folder = ("--folder", asked["folder"]) if asked["folder"] else ()
        return in_analytics("vitrine.lake", "land", asked["source"], *folder, *(["--again"] if asked["again"] else []))

    land()


@dag(
    schedule=CronTriggerTimetable("10 * * * *", timezone="UTC"),
    description="The shop's Postgres into the lake, by its change log",
    params={"again": AGAIN},
    **SETTINGS,
)
def land_shop() -> None:
    @task.bash(execution_timeout=timedelta(hours=3), outlets=[Asset("shop_in_lake")])
    def land(**context: Any) -> str:  # noqa: ANN401 - Airflow's context
        return in_analytics("vitrine.lake", "land", "shop", *(["--again"] if context["params"]["again"] else []))

    land()


@dag(
    schedule=CronTriggerTimetable("5 * * * *", timezone="UTC"),
    description="Views, carts, orders, what was recommended, and who was whom, into the lake",
    **SETTINGS,
)
def land_events() -> None:
    @task.bash(execution_timeout=timedelta(hours=3), outlets=[Asset("events_in_lake")])
    def land() -> str:
        return in_analytics("vitrine.lake", "land", "events")

    land()


@dag(
    schedule=[Asset("market_in_postgres")],
    description="States, inhabitants and businesses into the lake",
    **SETTINGS,
)
def land_market() -> None:
    @task.bash(execution_timeout=timedelta(hours=3), outlets=[Asset("market_in_lake")])
    def land() -> str:
        return in_analytics("vitrine.lake", "land", "market")

    land()


land_files()
land_shop()
land_events()
land_market()
