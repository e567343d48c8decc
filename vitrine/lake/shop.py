"""The shop's Postgres into the lake, by its own change log: what is new, changed or deleted since the last load.

A load remembers the snapshot of Postgres' transactions that it saw, so that a transaction which was open then is found
by the next one. Where there is no load yet, where the last one was of another database, or where the log does not
reach back that far any more, the whole table is compared with the lake: what differs lands, and nothing else.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.errors import LakeError
from vitrine.lake import erasures, postgres_csv
from vitrine.lake.database import database, quoted, run, text
from vitrine.lake.declarations import ShopTable
from vitrine.lake.landed import Landed
from vitrine.lake.parts import Part, load_column, take_in_parts, write_parts
from vitrine.lake.place import Lake, Load, rejected_file
from vitrine.lake.sources import SHOP, SHOP_TABLES
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import extraction, table_changes
from vitrine.shop_database.extraction import Snapshot
from vitrine.shop_database.table_changes import LoggedTable

_TICK = timedelta(milliseconds=1)


def land(lake: Lake, settings: ShopDatabaseSettings, *, again: bool = False) -> list[Landed]:
    """Lands what is new in each table, all as of one moment; with `again` compares everything.

    The caller is `alone` in the lake. Raises ShopDatabaseUnavailableError, SchemaError, LakeUnavailableError.
    """
    with extraction.reading(settings) as cursor:
        snapshot = extraction.current_snapshot(cursor)
        erased = {each.digest: each.erased_at for each in erasures.erased(lake, SHOP)}
        if erased:
            table_changes.select_erased_orders(cursor, erased)
        return [_Landing(lake, cursor, snapshot, table, some_erased=bool(erased)).land(again) for table in SHOP_TABLES]


@dataclass(frozen=True)
class _Extract:
    """What was copied from Postgres: the rows and, unless they are all there are, the names of what changed."""

    rows: Path
    names: Path | None


class _Landing:
    """Lands one table."""

    def __init__(self, lake: Lake, cursor: Cursor, snapshot: Snapshot, table: ShopTable, *, some_erased: bool) -> None:
        self._lake = lake
        self._cursor = cursor
        self._snapshot = snapshot
        self._table = table
        self._without_erased = some_erased and table.logged_by == "order_id"
        self._logged = LoggedTable(table.name, table.log, table.logged_by, list(table.columns))

    def land(self, again: bool) -> Landed:
        self._lake.make_table(SHOP, self._table)
        result = Landed(SHOP, self._table.name)
        loads = self._lake.loads(SHOP, self._table.name)
        try:
            result.new_columns = self._new_columns()
            self._land_changes(loads, None if again else self._seen(loads), result)
        except LakeError as error:
            result.failures.append(str(error))
        return result

    def _new_columns(self) -> set[str]:
        known = table_changes.columns(self._cursor, self._table.name)
        if missing := self._table.columns.keys() - set(known):
            raise LakeError(f"it has no column {', '.join(sorted(missing))}")
        return set(known) - self._table.columns.keys()

    def _seen(self, loads: Sequence[Load]) -> str | None:
        """The snapshot since which the log tells all that has changed. None: it does not, or there is none."""
        state = loads[-1].state if loads else {}
        if state.get("source") != self._snapshot.source:
            return None
        seen = str(state["snapshot"])
        return seen if table_changes.is_complete_since(self._cursor, self._logged, seen) else None

    def _land_changes(self, loads: list[Load], seen: str | None, result: Landed) -> None:
        if seen and not table_changes.select_changed(self._cursor, self._logged, seen):
            result.unchanged += 1
            self._lake.keep_loads(SHOP, self._table.name, self._moved(loads))
            return
        with self._lake.staging() as staging:
            extract = self._extract(staging, only_changed=seen is not None)
            load = self._write(extract, loads, staging)
        if load.files or not loads:
            self._lake.keep_loads(SHOP, self._table.name, [*loads, load])
            result.add(load)
        else:
            result.unchanged += 1
            self._lake.keep_loads(SHOP, self._table.name, self._moved(loads))
        self._lake.remove_what_does_not_count(SHOP, self._table.name)

    def _moved(self, loads: list[Load]) -> list[Load]:
        """The loads, the last of which knows that nothing had changed until now."""
        return [*loads[:-1], msgspec.structs.replace(loads[-1], state=self._state())]

    def _state(self) -> dict[str, Any]:
        return {"snapshot": self._snapshot.text, "source": self._snapshot.source}

    def _extract(self, staging: Path, *, only_changed: bool) -> _Extract:
        rows, names = staging / "rows.csv", staging / "names.csv"
        with rows.open("wb") as file:
            table_changes.copy_rows(
                self._cursor, self._logged, file, only_changed=only_changed, without_erased=self._without_erased
            )
        if not only_changed:
            return _Extract(rows, None)
        with names.open("wb") as file:
            table_changes.copy_changed_names(self._cursor, self._logged, file)
        return _Extract(rows, names)

    def _write(self, extract: _Extract, loads: Sequence[Load], staging: Path) -> Load:
        changed_at = self._changed_at(loads)
        load_id = _digest(extract, loads)
        with database(self._lake, staging) as connection:
            comparing = _Comparing(connection, self._lake, self._table, extract)
            parts, rejected = comparing.write(loads, staging, load_id, changed_at)
        if rejected:
            self._lake.take_in(staging / "set-aside.jsonl", rejected_file(SHOP, self._table.name, load_id))
        return Load(
            load_id=load_id,
            of=f"until {changed_at.isoformat()}",
            landed_at=datetime.now(UTC),
            rows=sum(part.rows for part in parts),
            rejected=rejected,
            files=take_in_parts(self._lake, SHOP, self._table, load_id, parts),
            state=self._state(),
        )

    def _changed_at(self, loads: Sequence[Load]) -> datetime:
        """When this load saw the rows: later than all others, even if the clock was set back."""
        earlier = [datetime.fromisoformat(load.of.removeprefix("until ")) + _TICK for load in loads[-1:]]
        return max([self._snapshot.taken_at, *earlier])


class _Comparing:
    """Writes what differs from the lake: rows that are new or changed, and, marked, those that are gone."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake, table: ShopTable, extract: _Extract) -> None:
        self._connection = connection
        self._lake = lake
        self._table = table
        self._extract = extract
        self._names = ", ".join(map(quoted, table.columns))

    def write(self, loads: Sequence[Load], staging: Path, load_id: str, changed_at: datetime) -> tuple[list[Part], int]:
        """The files, and how many rows were set aside into staging/set-aside.jsonl."""
        reading = postgres_csv.reading(self._extract.rows, self._table)
        now = f"TIMESTAMP '{changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
        rows = f"SELECT *, false AS is_deleted FROM {reading}"
        if files := [self._lake.path(file) for load in loads for file in load.files]:
            self._read_latest(files)
            rows = self._differing(reading)
        query = f"""
            SELECT {self._names}, {now} AS changed_at, is_deleted, {load_column(load_id)} FROM ({rows})
        """
        name = f"{SHOP}.{self._table.name}"
        parts = write_parts(self._connection, query, self._table, staging / "parts", title=name)
        return parts, postgres_csv.set_aside(self._connection, name, staging / "set-aside.jsonl")

    def _read_latest(self, files: Sequence[str]) -> None:
        """What the lake holds, as the last load left it, of what was asked for."""
        key = ", ".join(map(quoted, self._table.key))
        only = ""
        if self._extract.names:
            only = f"""
                WHERE {self._table.logged_by} IN (
                    FROM read_csv({text(str(self._extract.names))}, header = true, all_varchar = true, quote = '"')
                )
            """
        query = f"""
            CREATE TEMP TABLE latest AS SELECT {self._names} FROM (
                SELECT {self._names}, is_deleted FROM read_parquet($files) {only}
                QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY changed_at DESC) = 1
            ) WHERE NOT is_deleted
        """
        run(self._connection, query, {"files": list(files)}, title=f"{SHOP}.{self._table.name}, comparing")

    def _differing(self, reading: str) -> str:
        self._connection.execute(f"CREATE TEMP TABLE present AS FROM {reading}")
        is_same = " AND ".join(f"present.{quoted(name)} = latest.{quoted(name)}" for name in self._table.key)
        return f"""
            SELECT *, false AS is_deleted FROM (FROM present EXCEPT FROM latest)
            UNION ALL SELECT *, true FROM latest WHERE NOT EXISTS (FROM present WHERE {is_same})
        """


def _digest(extract: _Extract, loads: Sequence[Load]) -> str:
    """The same changes after the same loads have the same id."""
    digest = hashlib.sha256((loads[-1].load_id if loads else "").encode())
    for path in (extract.rows, extract.names):
        if path:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:32]
