"""The market tables of Postgres into the lake, each as a whole: the latest load replaces the one before."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.errors import LakeError
from vitrine.lake import postgres_csv
from vitrine.lake.database import database
from vitrine.lake.declarations import SnapshotTable
from vitrine.lake.landed import Landed
from vitrine.lake.parts import load_column, take_in_parts, write_parts
from vitrine.lake.place import Lake, Load, rejected_file
from vitrine.lake.sources import MARKET, MARKET_TABLES
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import extraction, table_changes


def land(lake: Lake, settings: ShopDatabaseSettings) -> list[Landed]:
    """Lands each table that has changed, all as of one moment.

    The caller is `alone` in the lake. Raises ShopDatabaseUnavailableError, SchemaError, LakeUnavailableError.
    """
    with extraction.reading(settings) as cursor:
        return [_land_table(lake, cursor, table) for table in MARKET_TABLES]


def _land_table(lake: Lake, cursor: Cursor, table: SnapshotTable) -> Landed:
    lake.make_table(MARKET, table)
    result = Landed(MARKET, table.name)
    known = table_changes.columns(cursor, table.name, table.schema)
    if missing := table.columns.keys() - set(known):
        result.failures.append(f"{table.schema}.{table.name} has no column {', '.join(sorted(missing))}")
        return result
    result.new_columns = set(known) - table.columns.keys()
    with lake.staging() as staging:
        rows = staging / "rows.csv"
        with rows.open("wb") as file:
            table_changes.copy_table(cursor, table.schema, table.name, list(table.columns), file)
        try:
            _land_rows(lake, table, rows, result)
        except LakeError as error:
            result.failures.append(str(error))
    return result


def _land_rows(lake: Lake, table: SnapshotTable, rows: Path, result: Landed) -> None:
    with rows.open("rb") as file:
        load_id = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    if any(load.load_id == load_id for load in lake.loads(MARKET, table.name)):
        result.unchanged += 1
        return
    load = _write(lake, table, rows, load_id)
    lake.keep_loads(MARKET, table.name, [load])
    lake.remove_what_does_not_count(MARKET, table.name)
    result.add(load)


def _write(lake: Lake, table: SnapshotTable, rows: Path, load_id: str) -> Load:
    name = f"{MARKET}.{table.name}"
    query = f"SELECT *, {load_column(load_id)} FROM {postgres_csv.reading(rows, table)}"
    with database(lake, rows.parent) as connection:
        parts = write_parts(connection, query, table, rows.parent / "parts", title=name)
        rejected = postgres_csv.set_aside(connection, name, rows.parent / "set-aside.jsonl")
    if rejected:
        lake.take_in(rows.parent / "set-aside.jsonl", rejected_file(MARKET, table.name, load_id))
    return Load(
        load_id=load_id,
        of="everything",
        landed_at=datetime.now(UTC),
        rows=sum(part.rows for part in parts),
        rejected=rejected,
        files=take_in_parts(lake, MARKET, table, load_id, parts),
    )
