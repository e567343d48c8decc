"""One person taken out of the warehouse, the published marts and the samples of the checks.

Who is to stay away is to be erased from the lake first (vitrine.lake): the next build reads it again. Aggregates that
the person was part of are as they were until that build.
"""

import json
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import duckdb
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its name looks like

from vitrine.analytics.warehouse import opened
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors


class Kind(NamedTuple):
    """Where such a person stands: in columns of these names, and as the owner of a source's purchases."""

    columns: frozenset[str]
    source: str
    owner_kind: str


KINDS = {
    "household": Kind(frozenset({"household_id"}), "completejourney", "household"),
    "user": Kind(frozenset({"user_id", "customer_id"}), "shop", "customer"),
}
# Its customers are not the shop's.
_OTHERS = "stg_online_retail__transactions"
# The lines of orders name no person.
_OF_ORDERS = "order_id IN (SELECT order_id FROM staging.stg_shop__orders WHERE user_id = {})"


class Place(NamedTuple):
    """A table, and the condition, with one parameter, of the rows of a person."""

    schema: str
    table: str
    condition: str


def erase_from_warehouse(file: Path, kind: str, person: str) -> int:
    """Deletes the rows and writes what is left into a new file, as a deleted row stays in the old one's blocks.

    Returns how many rows there were. Raises WarehouseError.
    """
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with opened(file, writable=True) as connection:
        rows = 0
        for place in _places(_tables(connection), kind):
            deleted = f"DELETE FROM {place.schema}.{place.table} WHERE {place.condition.format('?')}"
            ((count,),) = connection.execute(deleted, [person]).fetchall()
            rows += count
        ((name,),) = connection.execute("SELECT current_database()").fetchall()
        connection.execute(f"ATTACH '{new}' AS fresh")
        connection.execute(f'COPY FROM DATABASE "{name}" TO fresh')
        connection.execute("DETACH fresh")
    new.replace(file)
    return rows


def erase_from_postgres(settings: ShopDatabaseSettings, kind: str, person: str) -> int:
    """The same for the published marts and the samples of the checks. Raises ShopDatabaseUnavailableError."""
    with closing(connect(settings)) as connection, driver_errors():
        connection.autocommit = True  # VACUUM runs in no transaction
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_schema, table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'marts'"
            )
            places = _places(cursor.fetchall(), kind)
        return sum(_erase(connection, place, person) for place in places) + _erase_samples(connection, kind, person)


def _erase(connection: Connection, place: Place, person: str) -> int:
    table = sql.Identifier(place.schema, place.table)
    with connection.cursor() as cursor:
        condition = sql.SQL(place.condition.format("%s"))
        cursor.execute(sql.SQL("DELETE FROM {} WHERE {}").format(table, condition), (person,))
        deleted = cursor.rowcount
        if deleted:
            cursor.execute(sql.SQL("VACUUM (FULL) {}").format(table))
    return deleted


def _erase_samples(connection: Connection, kind: str, person: str) -> int:
    """Samples that name the person are emptied; how many rows broke the rule stays."""
    names = [*KINDS[kind].columns, "owner_id"]
    found = " OR ".join("sample_keys @> %s" for _ in names)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('quality.results') IS NOT NULL")
        if cursor.fetchall() != [(True,)]:
            return 0
        cursor.execute(
            f"UPDATE quality.results SET sample_keys = '[]' WHERE {found}",
            [json.dumps([{name: person}]) for name in names],
        )
        emptied = cursor.rowcount
        if emptied:
            cursor.execute("VACUUM (FULL) quality.results")
    return emptied


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    return connection.execute(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_catalog, table_schema, table_name)"
        " WHERE table_type = 'BASE TABLE'"
    ).fetchall()


def _places(columns: Iterable[tuple[str, str, str]], kind: str) -> list[Place]:
    """Where the person can stand, out of (schema, table, column)."""
    of_tables: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in columns:
        of_tables.setdefault((schema, table), set()).add(column)
    found = [
        Place(schema, table, condition)
        for (schema, table), names in of_tables.items()
        if table != _OTHERS and (condition := _condition(names, KINDS[kind]))
    ]
    # Lines are found by their orders, so these go last.
    return sorted(found, key=lambda place: place.condition != _OF_ORDERS)


def _condition(names: set[str], kind: Kind) -> str:
    if found := names & kind.columns:
        return f"{min(found)} = {{}}"
    if kind.source == "shop" and "order_id" in names:
        return _OF_ORDERS
    if "owner_id" not in names:
        return ""
    owned = f"owner_kind = '{kind.owner_kind}'" if "owner_kind" in names else f"source = '{kind.source}'"
    return f"owner_id = {{}} AND {owned}"
