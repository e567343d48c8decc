"""How runs of DAGs and checks of the marts have ended, as Postgres knows it."""

from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from vitrine.settings import AirflowSettings, ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors, schema_errors

# Airflow's own tables: its REST API would need its login and its web server, and would page through the runs. Of a DAG
# the newest run that has ended counts, by the number that it was given when it began.
_RUNS = """
    SELECT dag.dag_id, last.state = 'success', extract(epoch FROM last.end_date - last.start_date),
        extract(epoch FROM success.end_date)
    FROM dag
    CROSS JOIN LATERAL (
        SELECT * FROM dag_run WHERE dag_run.dag_id = dag.dag_id AND state IN ('success', 'failed')
        ORDER BY id DESC LIMIT 1
    ) AS last
    LEFT JOIN LATERAL (
        SELECT * FROM dag_run WHERE dag_run.dag_id = dag.dag_id AND state = 'success'
        ORDER BY id DESC LIMIT 1
    ) AS success ON true
    WHERE NOT dag.is_stale
    ORDER BY dag.dag_id
"""
_CHECKS = "SELECT finished_at, checks, failed, is_published FROM quality.runs ORDER BY finished_at DESC LIMIT 1"


class DagOutcome(NamedTuple):
    """The last run of a DAG that has ended; `succeeded_at` in Unix seconds, None where none ever succeeded."""

    dag: str
    is_success: bool
    seconds: float
    succeeded_at: float | None


class ChecksOutcome(NamedTuple):
    """The last run of the checks."""

    finished_at: datetime
    checks: int
    failed: int
    is_published: bool


def last_runs(settings: ShopDatabaseSettings, airflow: AirflowSettings) -> list[DagOutcome]:
    """Of each DAG that has ever ended. Raises ShopDatabaseUnavailableError, SchemaError."""
    rows = _rows(settings, _RUNS, airflow.airflow_database)
    return [
        DagOutcome(dag, is_success, float(seconds or 0), None if at is None else float(at))
        for dag, is_success, seconds, at in rows
    ]


def last_checks(settings: ShopDatabaseSettings) -> ChecksOutcome | None:
    """None before the first. Raises ShopDatabaseUnavailableError, SchemaError."""
    found = _rows(settings, _CHECKS, settings.shop_database)
    return ChecksOutcome(*found[0]) if found else None


def _rows(settings: ShopDatabaseSettings, query: str, database: str) -> list[tuple[Any, ...]]:
    with (
        schema_errors(f"say what has run, in {database}", "ours; Airflow makes its own"),
        closing(connect(settings, database)) as connection,
        driver_errors(),
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        return cursor.fetchall()
