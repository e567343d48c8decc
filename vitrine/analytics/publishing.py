"""The marts into Postgres, where the API reads them: all at one moment, or not at all."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.analytics.checks import key_of
from vitrine.analytics.warehouse import scratch_folder
from vitrine.errors import WarehouseError
from vitrine.lake.database import quoted
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database.connection import connect, driver_errors

SCHEMA, NEXT, BEFORE = "marts", "marts_next", "marts_before"
# The key of the lock by which publishers take turns; any number that nothing else uses.
_LOCK = 5_402_114
# Readers hold the old marts for the time of a request. Whoever holds them longer makes the publisher give up.
_PATIENCE = "10s"
_TYPES = {"VARCHAR": "text", "BIGINT": "bigint", "DATE": "date", "BOOLEAN": "boolean", "JSON": "jsonb"}


class Mart(NamedTuple):
    """A mart as it is published: names, Postgres types and descriptions of its columns, its key, other indexes."""

    name: str
    description: str
    columns: Mapping[str, str]
    descriptions: Mapping[str, str]
    key: Sequence[str]
    lookups: Sequence[Sequence[str]]


def marts_of(manifest: Mapping[str, Any], connection: duckdb.DuckDBPyConnection) -> list[Mart]:
    """What there is to publish: the models of the schema marts, but for those that say `publish: false`."""
    return [
        _mart(node, connection)
        for _, node in sorted(manifest["nodes"].items())
        if node["resource_type"] == "model" and node["schema"] == SCHEMA and _is_published(node)
    ]


def publish(
    settings: ShopDatabaseSettings,
    connection: duckdb.DuckDBPyConnection,
    marts: Sequence[Mart],
    *,
    publish_id: str,
    now: datetime,
) -> int:
    """Puts the marts in the place of those that were there before; returns how many rows they have.

    One transaction: a reader sees either the old marts or the new ones. A transaction that reads several of them sees
    one publish if it reads marts.publish first: the change waits for it to end. What was there before stays where this
    fails. Raises WarehouseError, ShopDatabaseUnavailableError.
    """
    with closing(connect(settings)) as postgres, driver_errors():
        try:
            with (
                postgres,
                postgres.cursor() as cursor,
                tempfile.TemporaryDirectory(dir=scratch_folder(connection)) as folder,
            ):
                rows = _replace(cursor, connection, marts, Path(folder) / "rows.csv", (publish_id, now))
        except (psycopg2.DataError, psycopg2.IntegrityError, psycopg2.ProgrammingError) as error:
            raise WarehouseError(f"Postgres does not take the marts: {' '.join(str(error).split())}") from error
        # Whoever still reads the old marts without having read marts.publish may finish; the next run removes them.
        with suppress(psycopg2.errors.LockNotAvailable), postgres, postgres.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            cursor.execute(f"DROP SCHEMA IF EXISTS {BEFORE} CASCADE")
    return rows


def publish_id_of(settings: ShopDatabaseSettings) -> str:
    """Which publish Postgres has; empty before the first. Raises ShopDatabaseUnavailableError."""
    with closing(connect(settings)) as postgres, driver_errors(), postgres, postgres.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{SCHEMA}.publish",))
        if next(iter(cursor)) != (True,):
            return ""
        cursor.execute(f"SELECT publish_id FROM {SCHEMA}.publish")
        return str(next(iter(cursor))[0])


def hold_publishers(cursor: Cursor) -> None:
    """Waits for other publishers, keeps them waiting while the connection is open, and removes what they left."""
    cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    cursor.execute(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE; DROP SCHEMA IF EXISTS {BEFORE} CASCADE")


def _replace(
    cursor: Cursor,
    connection: duckdb.DuckDBPyConnection,
    marts: Sequence[Mart],
    file: Path,
    published: tuple[str, datetime],
) -> int:
    hold_publishers(cursor)
    cursor.execute(f"CREATE SCHEMA {NEXT}")
    rows = sum(_copy(cursor, connection, mart, file) for mart in marts)
    cursor.execute(f"CREATE TABLE {NEXT}.publish (publish_id text PRIMARY KEY, published_at timestamptz NOT NULL)")
    cursor.execute(f"INSERT INTO {NEXT}.publish VALUES (%s, %s)", published)
    _swap(cursor)
    return rows


def _swap(cursor: Cursor) -> None:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL, to_regnamespace(%s) IS NOT NULL", (f"{SCHEMA}.publish", SCHEMA))
    is_published, exists = next(iter(cursor))
    cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    if is_published:
        cursor.execute(f"LOCK TABLE {SCHEMA}.publish IN ACCESS EXCLUSIVE MODE")
    if exists:
        cursor.execute(f"ALTER SCHEMA {SCHEMA} RENAME TO {BEFORE}")
    cursor.execute(f"ALTER SCHEMA {NEXT} RENAME TO {SCHEMA}")


def _copy(cursor: Cursor, connection: duckdb.DuckDBPyConnection, mart: Mart, file: Path) -> int:
    """Makes the table and fills it. Frozen rows are seen by a transaction that began before this one, too."""
    table = sql.Identifier(NEXT, mart.name)
    cursor.execute(sql.SQL("; ").join(_definition(mart, table)))
    columns = ", ".join(_taken(name, kind) for name, kind in mart.columns.items())
    connection.execute(f"COPY (SELECT {columns} FROM {SCHEMA}.{mart.name}) TO '{file}' (FORMAT csv, HEADER false)")
    with file.open("rb") as rows:
        cursor.copy_expert(sql.SQL("COPY {} FROM STDIN (FORMAT csv, FREEZE)").format(table), rows)
    copied = cursor.rowcount
    cursor.execute(sql.SQL("; ").join(_indexes(mart, table)))
    return copied


def _taken(name: str, kind: str) -> str:
    """A column as Postgres takes it: one text with a character of code 0 would keep all marts from being published."""
    match kind:
        case "text":
            return f"replace({quoted(name)}, chr(0), chr(65533))"
        case "jsonb":
            return f"replace({quoted(name)}::VARCHAR, '\\u0000', '\\ufffd')"
    return quoted(name)


def _definition(mart: Mart, table: sql.Identifier) -> Iterator[sql.Composable]:
    columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in mart.columns.items()]
    yield sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(columns))
    yield sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(mart.description))
    for name, description in mart.descriptions.items():
        column = sql.Identifier(NEXT, mart.name, name)
        yield sql.SQL("COMMENT ON COLUMN {} IS {}").format(column, sql.Literal(description))


def _indexes(mart: Mart, table: sql.Identifier) -> Iterator[sql.Composable]:
    """Made after the rows are there, which takes a fraction of the time. Names begin anew in each schema."""
    yield sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(table, _names(mart.key))
    for columns in mart.lookups:
        yield sql.SQL("CREATE INDEX ON {} ({})").format(table, _names(columns))
    yield sql.SQL("ANALYZE {}").format(table)


def _names(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _is_published(node: Mapping[str, Any]) -> bool:
    return bool(node["config"]["meta"].get("publish", True))


def _mart(node: Mapping[str, Any], connection: duckdb.DuckDBPyConnection) -> Mart:
    described = connection.execute(f"DESCRIBE {SCHEMA}.{node['name']}").fetchall()
    return Mart(
        node["name"],
        node["description"],
        {name: _postgres_type(kind) for name, kind, *_ in described},
        {name: node["columns"][name]["description"] for name, *_ in described},
        key_of(node),
        node["config"]["meta"].get("lookups", ()),
    )


def _postgres_type(kind: str) -> str:
    return _TYPES.get(kind) or kind.lower().replace("decimal", "numeric")
