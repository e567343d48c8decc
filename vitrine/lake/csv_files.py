"""CSV files into the lake: each file is a load, whose id is the hash of its content and of what its table declares.

A row that breaks the declaration is set aside with its file, line and reason; the file's other rows land. A file whose
heading lacks a declared column, or that cannot be read to its end, does not land at all. Columns that are not declared
are reported and stay in the file. Lines are counted as records: a line break within quotes does not count.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec

from vitrine.errors import LakeError
from vitrine.lake import erasures
from vitrine.lake.csv_reading import CsvReading, Written, read_headings
from vitrine.lake.database import database
from vitrine.lake.declarations import CsvSource, CsvTable
from vitrine.lake.landed import Landed
from vitrine.lake.parts import take_in_parts
from vitrine.lake.place import S3, Lake, Load, filesystem, rejected_file, unreachable, with_load

_BLOCK = 1 << 20


@dataclass(frozen=True)
class _File:
    """A file to land: its name within the source, where it can be read, and how its copy is told from others."""

    name: str
    path: Path
    load_id: str
    state: dict[str, str]
    # Taken before its content was hashed.
    stamp: tuple[int, int]


def land(lake: Lake, source: CsvSource, folder: str | None = None, *, again: bool = False) -> list[Landed]:
    """Lands what is new or changed in a folder, VITRINE_CSV_FOLDER/<source> where none is given; with `again` all.

    The caller is `alone` in the lake. Files that cannot be landed are named in the result, and do not stop the others.
    Raises LakeUnavailableError, and LakeError for an address that is neither a folder nor in the bucket's server.
    """
    folder = (folder or f"{lake.settings.csv_folder}/{source.name}").rstrip("/")
    if "://" in folder and not folder.startswith(S3):
        raise LakeError(f"{folder[:200]!r} is neither a folder nor an address such as s3://bucket/prefix")
    return [_Landing(lake, source.name, table, folder).land(again) for table in source.tables]


def is_there(lake: Lake, source: CsvSource) -> bool:
    """Whether there is a file of a source in its folder."""
    folder = f"{lake.settings.csv_folder}/{source.name}"
    with unreachable(folder):
        files = filesystem(lake.settings, folder)
        return any(files.glob(f"{folder}/{table.files}") for table in source.tables)


class _Landing:
    """Lands the files of one table."""

    def __init__(self, lake: Lake, source: str, table: CsvTable, folder: str) -> None:
        self._lake = lake
        self._source = source
        self._table = table
        self._folder = folder
        self._files = filesystem(lake.settings, folder)

    def land(self, again: bool) -> Landed:
        self._lake.make_table(self._source, self._table)
        result = Landed(self._source, self._table.name)
        found = self._find()
        if not found:
            result.failures.append(f"there is no file {self._table.files} in {self._folder}")
        for name in found:
            try:
                self._land_if_new(name, again, result)
            except LakeError as error:
                result.failures.append(f"{name}: {error}")
        return result

    def _find(self) -> list[str]:
        """The names of the table's files, without their folder."""
        with unreachable(self._folder):
            return sorted(path.rpartition("/")[2] for path in self._files.glob(f"{self._folder}/{self._table.files}"))

    def _land_if_new(self, name: str, again: bool, result: Landed) -> None:
        loads = self._lake.loads(self._source, self._table.name)
        with self._lake.staging() as staging:
            file = self._fetched(name, staging, [] if again else loads)
            if file is None or (not again and any(load.load_id == file.load_id for load in loads)):
                result.unchanged += 1
                return
            load = self._land_file(file, staging)
        self._lake.keep_loads(self._source, self._table.name, with_load(loads, load))
        self._lake.remove_what_does_not_count(self._source, self._table.name)
        result.add(load)

    def _fetched(self, name: str, staging: Path, loads: Sequence[Load]) -> _File | None:
        """The file, copied here if it lies in a bucket. None: the bucket says that it is the one that was landed."""
        if not self._folder.startswith(S3):
            path = Path(self._folder) / name
            stamp = _stamp(path)
            return _File(name, path, _load_id(self._table, path), {}, stamp)
        address = f"{self._folder}/{name}"
        with unreachable(address):
            # The bucket's own digest of what it holds.
            state = {"tag": str(self._files.info(address)["ETag"]), "declaration": _declaration(self._table)}
            if any(load.of == name and load.state == state for load in loads):
                return None
            path = staging / name
            self._files.get_file(address, str(path))
        return _File(name, path, _load_id(self._table, path), state, _stamp(path))

    def _land_file(self, file: _File, staging: Path) -> Load:
        """Puts the rows in their places; they count as soon as the load is in the list."""
        table, lake, source = self._table, self._lake, self._source
        headings = read_headings(file.path, table)
        written = self._write(file, headings, staging)
        if _stamp(file.path) != file.stamp:
            raise LakeError("it was changed while it was read; the next run lands it")
        if written.set_aside:
            lake.take_in(written.set_aside, rejected_file(source, table.name, file.load_id))
        return Load(
            load_id=file.load_id,
            of=file.name,
            landed_at=datetime.now(UTC),
            rows=written.rows,
            rejected=written.rejected,
            files=take_in_parts(lake, source, table, file.load_id, written.parts),
            new_columns=tuple(heading for heading in headings if table.column_of(heading) not in table.columns),
            state=file.state,
        )

    def _write(self, file: _File, headings: Sequence[str], staging: Path) -> Written:
        erased = erasures.erased(self._lake, self._source)
        with database(self._lake, staging) as connection:
            reading = CsvReading(connection, self._table, headings, file.path, erased)
            try:
                return reading.write(staging, file.load_id, file.name)
            except duckdb.Error as error:
                raise LakeError(f"it cannot be read: {' '.join(str(error).split())[:500]}") from None


def _load_id(table: CsvTable, path: Path) -> str:
    digest = hashlib.sha256(_declaration(table).encode())
    with unreachable(str(path)), path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()[:32]


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written to: its size, and when that was last done."""
    with unreachable(str(path)):
        found = path.stat()
    return found.st_size, found.st_mtime_ns


def _declaration(table: CsvTable) -> str:
    """What makes other rows of the same content."""
    said = (dict(table.columns), dict(table.names), table.time, table.delimiter)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]
