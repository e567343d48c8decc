"""What was checked, kept in Postgres (schema quality), and who is told of it: once for each change."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import duckdb
import psycopg2.extras
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.analytics.checks import BAD, Check
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import schema_errors, transaction

# The key of the lock by which runs that end at once take turns; any number that nothing else uses.
_LOCK = 5_402_115


class Run(NamedTuple):
    """One run of the checks."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    checks: Sequence[Check]
    # (metric, source or mart) -> value.
    metrics: Mapping[tuple[str, str], float]

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if check.status in BAD]


class Change(NamedTuple):
    """A check that has begun to fail, or passes again, of which nobody has been told yet."""

    check_name: str
    is_bad: bool


def record(settings: ShopDatabaseSettings, run: Run) -> list[Change]:
    """Keeps a run; returns the changes to tell of. Raises ShopDatabaseUnavailableError, SchemaError."""
    with _writing(settings) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute(
            "INSERT INTO quality.runs (run_id, started_at, finished_at, checks, failed) VALUES (%s, %s, %s, %s, %s)",
            (run.run_id, run.started_at, run.finished_at, len(run.checks), len(run.failed)),
        )
        _insert_results(cursor, run)
        _insert_metrics(cursor, run)
        return _changes(cursor, run)


def note_told(settings: ShopDatabaseSettings, changes: Sequence[Change], now: datetime) -> None:
    """Somebody has been told of these changes."""
    _write(
        settings,
        "UPDATE quality.alerts SET notified_at = %s WHERE check_name = ANY(%s)",
        (now, [change.check_name for change in changes]),
    )


def note_published(settings: ShopDatabaseSettings, run_id: str) -> None:
    """The marts that this run checked have been published."""
    _write(settings, "UPDATE quality.runs SET is_published = true WHERE run_id = %s", (run_id,))


def measure(connection: duckdb.DuckDBPyConnection, marts: Sequence[str]) -> dict[tuple[str, str], float]:
    """Figures to follow over time: sales by source, and the rows of each mart."""
    found: dict[tuple[str, str], float] = {}
    names = ("lines", "quantity", "spend", "returned_lines", "days")
    query = (
        "SELECT source, sum(lines), sum(quantity), sum(spend), sum(returned_lines), count(*) FROM marts.sales_by_day"
    )
    for source, *values in connection.execute(f"{query} GROUP BY source").fetchall():
        found.update({(name, source): float(value) for name, value in zip(names, values, strict=True)})
    for mart in marts:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM marts.{mart}").fetchall()
        found["rows", mart] = float(rows)
    return found


def _write(settings: ShopDatabaseSettings, statement: str, values: tuple[object, ...]) -> None:
    with _writing(settings) as cursor:
        cursor.execute(statement, values)


@contextmanager
def _writing(settings: ShopDatabaseSettings) -> Iterator[Cursor]:
    """A transaction over the tables of the schema, which `manage.py migrate` makes."""
    refused = f"keep what was checked in {settings.shop_database}"
    with schema_errors(refused, "the tables of the schema quality"), transaction(settings) as cursor:
        yield cursor


def _insert_results(cursor: Cursor, run: Run) -> None:
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO quality.results (run_id, check_name, model, column_name, rule, status, failed_rows, message,"
        " sample_keys) VALUES %s",
        [(run.run_id, *check[:-1], psycopg2.extras.Json(check.sample_keys)) for check in run.checks],
    )


def _insert_metrics(cursor: Cursor, run: Run) -> None:
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO quality.metrics (run_id, metric, source, value) VALUES %s",
        [(run.run_id, metric, source, value) for (metric, source), value in run.metrics.items()],
    )


def _changes(cursor: Cursor, run: Run) -> list[Change]:
    """Moves the state of each check on. A check that was skipped says nothing new.

    What nobody was told of, because no address took the message, is told of by the next run.
    """
    judged = [check for check in run.checks if check.status != "skipped"]
    psycopg2.extras.execute_values(
        cursor,
        """
        INSERT INTO quality.alerts AS known (check_name, status, since, notified_at) VALUES %s
        ON CONFLICT (check_name) DO UPDATE SET status = excluded.status, since = excluded.since, notified_at = NULL
        WHERE known.status <> excluded.status
        """,
        [
            (check.name, "bad" if check.status in BAD else "good", run.finished_at, _unless_bad(check, run.finished_at))
            for check in judged
        ],
    )
    # A check that is no longer there has nothing to recover from.
    cursor.execute("DELETE FROM quality.alerts WHERE NOT check_name = ANY(%s)", ([check.name for check in run.checks],))
    cursor.execute(
        "SELECT check_name, status = 'bad' FROM quality.alerts WHERE notified_at IS NULL ORDER BY check_name"
    )
    return [Change(*row) for row in cursor]


def _unless_bad(check: Check, now: datetime) -> datetime | None:
    """That a new check passes is nothing to tell of."""
    return None if check.status in BAD else now
