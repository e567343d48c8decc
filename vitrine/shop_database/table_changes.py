"""The shop's tables as they are, whole or what has changed of them since a snapshot, as CSV.

The functions that take a cursor see one state of the database when its transaction is REPEATABLE READ
(vitrine.shop_database.extraction.reading).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.shop_database.extraction import CHANGED


@dataclass(frozen=True)
class LoggedTable:
    """A table, the log that its triggers write (extraction.<log>), the column by which the log names its rows, and the
    columns that are wanted.
    """

    name: str
    log: str
    logged_by: str
    columns: Sequence[str]


def columns(cursor: Cursor, table: str, schema: str = "public") -> list[str]:
    """The names of a table's columns; none where there is no such table."""
    cursor.execute(
        """
        SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s
        ORDER BY ordinal_position
        """,
        (schema, table),
    )
    return [name for (name,) in cursor]


def is_complete_since(cursor: Cursor, table: LoggedTable, snapshot: str) -> bool:
    """Whether the log still holds all that a snapshot has not seen.

    Of what was forgotten the newest change is kept (extraction.forget_changes).
    """
    cursor.execute(
        f"SELECT coalesce(min(transaction_id) <= pg_snapshot_xmin(%s), true) FROM {_log(table)}", (snapshot,)
    )
    return next(bool(is_complete) for (is_complete,) in cursor)


def select_changed(cursor: Cursor, table: LoggedTable, snapshot: str) -> int:
    """Puts what changed since a snapshot into a temporary table, by the column of the log; returns how many."""
    cursor.execute(
        f"CREATE TEMPORARY TABLE {_changed(table)} ON COMMIT DROP AS"
        f" SELECT DISTINCT {table.logged_by} {CHANGED.format(table.log)}",
        {"changed_since": snapshot},
    )
    return cursor.rowcount


def copy_changed_names(cursor: Cursor, table: LoggedTable, file: IO[bytes]) -> None:
    """Writes the values of select_changed as CSV."""
    cursor.copy_expert(f"COPY {_changed(table)} TO STDOUT (FORMAT csv, HEADER)", file)


def select_erased_orders(cursor: Cursor, digests: Mapping[str, datetime]) -> None:
    """Puts the orders of those who were erased into a temporary table: user -> until when, users by the SHA-256 of
    `user:<id>`.
    """
    cursor.execute(
        """
        CREATE TEMPORARY TABLE erased_orders ON COMMIT DROP AS SELECT order_id
        FROM orders JOIN unnest(%s::text[], %s::timestamptz[]) AS erased (digest, until)
        ON digest = encode(sha256(convert_to('user:' || user_id, 'UTF8')), 'hex') AND ordered_at <= until
        """,
        (list(digests), list(digests.values())),
    )


def copy_rows(cursor: Cursor, table: LoggedTable, file: IO[bytes], *, only_changed: bool, without_erased: bool) -> None:
    """Writes all rows, or of those that select_changed has found, as CSV with a heading.

    With `without_erased`, not those of select_erased_orders.
    """
    wanted = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    query = sql.SQL("SELECT {} FROM {}").format(wanted, sql.Identifier(table.name))
    if only_changed:
        query += sql.SQL(f" JOIN {_changed(table)} USING ({table.logged_by})")
    if without_erased:
        query += sql.SQL(" WHERE order_id NOT IN (SELECT order_id FROM erased_orders)")
    cursor.copy_expert(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(query), file)


def copy_table(cursor: Cursor, schema: str, table: str, names: Sequence[str], file: IO[bytes]) -> None:
    """Writes the columns of a table that has no log, in their order."""
    wanted = sql.SQL(", ").join(map(sql.Identifier, names))
    query = sql.SQL("SELECT {} FROM {}").format(wanted, sql.Identifier(schema, table))
    # Ordered, so that the same rows are the same bytes.
    query += sql.SQL(" ORDER BY {}").format(wanted)
    cursor.copy_expert(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(query), file)


def _log(table: LoggedTable) -> str:
    return f"extraction.{table.log}"


def _changed(table: LoggedTable) -> str:
    return f"changed_{table.name}"
