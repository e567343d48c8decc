"""Taking one person out of the lake: afterwards no file holds anything of them, and no later load brings it back."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec

from vitrine.errors import LakeError
from vitrine.lake import erasures
from vitrine.lake.database import database, quoted, run, text
from vitrine.lake.declarations import CsvTable, Person, Table
from vitrine.lake.place import Lake, Load, rejected_file


@dataclass
class Erased:
    """What was taken out."""

    rows: int = 0
    files: int = 0
    set_aside: int = 0


class Whom(NamedTuple):
    """Somebody, and until when what they did is erased."""

    person: str
    until: datetime


def kinds(tables: Iterable[tuple[str, Table]]) -> list[str]:
    """What may be erased: user, household, customer."""
    return sorted({table.person.kind for _, table in tables if table.person})


def erase(lake: Lake, tables: Sequence[tuple[str, Table]], kind: str, person: str, *, until: datetime) -> Erased:
    """Takes somebody out of all tables, and remembers a digest, so that what they did does not land again.

    What they did after `until` stays, and lands. Doing it again changes nothing; one that was killed is to be done
    again. The caller is `alone` in the lake. Raises LakeError for a kind that no table has, LakeUnavailableError.
    """
    affected = [(source, table, table.person) for source, table in tables if table.person and table.person.kind == kind]
    if not affected:
        raise LakeError(f"nobody in the lake is a {kind}, only: {', '.join(kinds(tables))}")
    for source, table, _ in affected:
        lake.make_table(source, table)
        erasures.remember(lake, source, [erasures.Erasure(erasures.digest(kind, person), until)])
    erased = Erased()
    # What is found through another table comes before it: after a kill it can still be found.
    for source, table, where in sorted(affected, key=lambda each: each[2].through is None):
        lake.remove_what_does_not_count(source, table.name)
        _Erasing(lake, source, table, where, Whom(person, until)).erase(erased)
    return erased


def people_of(lake: Lake, tables: Sequence[tuple[str, Table]], digests: Collection[str]) -> dict[str, str]:
    """The ids of the users who stand in the lake and have one of these digests, by these. Raises LakeUnavailableError.

    For a lake that was restored from a backup: who was erased since stands in it again, and is known by a digest alone.
    """
    found: dict[str, str] = {}
    for source, table in tables:
        files = [lake.path(file) for load in lake.loads(source, table.name) for file in load.files]
        if not files or not table.person or table.person.kind != "user" or table.person.through:
            continue
        ids = ", ".join(map(quoted, table.person.columns))
        query = f"""
            SELECT digest, id FROM (
                SELECT sha256('user:' || id) AS digest, id
                FROM (SELECT DISTINCT unnest([{ids}]) AS id FROM read_parquet($files))
            ) WHERE list_contains($digests, digest)
        """
        with lake.staging() as staging, database(lake, staging) as connection:
            title = f"{source}.{table.name}, looking"
            found |= dict(run(connection, query, {"files": files, "digests": list(digests)}, title=title))
    return found


class _Erasing:
    """Takes somebody out of one table."""

    def __init__(self, lake: Lake, source: str, table: Table, where: Person, whom: Whom) -> None:
        self._lake = lake
        self._source = source
        self._table = table
        self._where = where
        self._person = whom.person
        self._until = f"TIMESTAMP '{whom.until.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"

    def erase(self, erased: Erased) -> None:
        loads = self._lake.loads(self._source, self._table.name)
        with self._lake.staging() as staging, database(self._lake, staging) as connection:
            ids = self._find_ids(connection)
            kept = [
                msgspec.structs.replace(load, rejected=load.rejected - self._erase_set_aside(load, ids))
                for load in loads
            ]
            removed = self._find(connection, [file for load in loads for file in load.files])
            for file in removed:
                self._rewrite(connection, file, staging)
        erased.files += len(removed)
        erased.rows += sum(removed.values())
        erased.set_aside += sum(load.rejected for load in loads) - sum(load.rejected for load in kept)
        kept = [
            msgspec.structs.replace(load, rows=load.rows - sum(removed.get(f, 0) for f in load.files)) for load in kept
        ]
        if kept != loads:
            self._lake.keep_loads(self._source, self._table.name, kept)

    def _find_ids(self, connection: duckdb.DuckDBPyConnection) -> set[str]:
        """Puts the values of the table's column that belong to the person into the table `ids`; returns them."""
        query = f"SELECT {text(self._person)} AS id"
        if self._where.through:
            files = self._lake.find(self._source, self._where.through, "**", "*.parquet")
            names = ", ".join(text(self._lake.path(file)) for file in files)
            query = f"""
                SELECT DISTINCT {quoted(self._where.column)} AS id
                FROM read_parquet([{names}], union_by_name = true)
                WHERE {self._where.kind}_id = {text(self._person)} AND {self._is_before(self._where.time)}
            """
        connection.execute(f"CREATE TEMP TABLE ids AS {query}")
        return {key for (key,) in connection.execute("FROM ids").fetchall()}

    def _find(self, connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> dict[str, int]:
        """The files in which the person stands, and in how many of their rows."""
        if not files:
            return {}
        paths = {self._lake.path(file): file for file in files}
        query = f"""
            SELECT filename, count(*) FROM read_parquet($files, filename = true) WHERE {self._is_theirs()} GROUP BY ALL
        """
        title = f"{self._source}.{self._table.name}, looking"
        return {paths[path]: count for path, count in run(connection, query, {"files": list(paths)}, title=title)}

    def _rewrite(self, connection: duckdb.DuckDBPyConnection, file: str, staging: Path) -> None:
        target = staging / "rewritten.parquet"
        rows = (
            f"SELECT * FROM read_parquet({text(self._lake.path(file))}) WHERE NOT coalesce({self._is_theirs()}, false)"
        )
        run(connection, f"COPY ({rows}) TO {text(str(target))} (FORMAT parquet)", title=file)
        self._lake.take_in(target, file)

    def _is_theirs(self) -> str:
        """A row without a time of its own has that of what it is found through; one without any is always theirs."""
        named = " OR ".join(f"{quoted(column)} IN (SELECT id FROM ids)" for column in self._where.columns)
        return f"({named}) AND {self._is_before(self._table.time)}"

    def _is_before(self, time: str | None) -> str:
        return f"coalesce({quoted(time)} <= {self._until}, true)" if time else "true"

    def _erase_set_aside(self, load: Load, ids: set[str]) -> int:
        """Removes rows of the person that had been set aside; returns how many."""
        if not load.rejected:
            return 0
        place = rejected_file(self._source, self._table.name, load.load_id)
        lines = self._lake.read_lines(place)
        kept = [line for line in lines if not self._is_set_aside_about(msgspec.json.decode(line), ids)]
        if len(kept) < len(lines):
            self._lake.write(b"".join(line + b"\n" for line in kept), place)
        return len(lines) - len(kept)

    def _is_set_aside_about(self, line: dict[str, Any], ids: set[str]) -> bool:
        """A message has its person's id as its key as well."""
        return line.get("key") == self._person or self._is_about(line["row"], ids)

    def _is_about(self, row: Any, ids: set[str]) -> bool:  # noqa: ANN401 - columns with their texts, or a line that was no row
        if isinstance(row, dict) and isinstance(self._table, CsvTable):
            return any(
                self._table.column_of(heading) == self._where.column and value in ids for heading, value in row.items()
            )
        # Rather too much than too little: it may be a line of theirs.
        found = "|".join(map(re.escape, {self._person, *ids}))
        return re.search(rf"(?<![\w.~:@+-])({found})(?![\w.~:@+-])", str(row)) is not None
