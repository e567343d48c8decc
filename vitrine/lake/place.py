"""Where the lake lies: a folder or a bucket, its files, and the lists of the loads that count."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import msgspec

from vitrine.errors import LakeError, LakeUnavailableError
from vitrine.lake.declarations import Table
from vitrine.locks import alone_in
from vitrine.settings import LakeSettings

S3 = "s3://"


class Load(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was landed at once, with one load id.

    `of` says of what it is the content, such as the name of a file: a later load of the same replaces it. `state` is
    what the next load needs to know, such as offsets. `files` are relative to the lake.
    """

    load_id: str
    of: str
    landed_at: datetime
    rows: int
    rejected: int = 0
    files: tuple[str, ...] = ()
    new_columns: tuple[str, ...] = ()
    state: dict[str, Any] = {}


class Lake:
    """The lake's files. Every method raises LakeUnavailableError where the folder or the bucket cannot be reached."""

    def __init__(self, settings: LakeSettings) -> None:
        self.settings = settings
        self.address = settings.lake
        self.is_local = not self.address.startswith(S3)
        self.files = filesystem(settings, self.address)

    def path(self, *parts: str) -> str:
        return "/".join((self.address, *parts))

    def loads(self, source: str, table: str) -> list[Load]:
        """The loads that count, in the order in which they were landed."""
        file = loads_file(source, table)
        try:
            return [msgspec.json.decode(line, type=Load) for line in self.read_lines(file)]
        except msgspec.DecodeError as error:
            raise LakeError(f"{self.path(file)} is not a list of loads: {error}") from None

    def read_lines(self, *parts: str) -> list[bytes]:
        """The lines of a file; none where there is no such file."""
        with unreachable(self.address):
            try:
                return list(self.files.cat_file(self.path(*parts)).splitlines())
            except FileNotFoundError:
                return []

    def keep_loads(self, source: str, table: str, loads: Iterable[Load]) -> None:
        """From now on these loads count, and no others; all at one moment."""
        self.write(msgspec.json.Encoder().encode_lines(list(loads)), loads_file(source, table))

    def write(self, content: bytes, *parts: str) -> None:
        """A whole file at once: whoever reads it sees either the old or the new one."""
        with unreachable(self.address), tempfile.TemporaryDirectory(dir=self._staging_parent()) as folder:
            part = Path(folder) / "part"
            part.write_bytes(content)
            self.take_in(part, *parts)

    def take_in(self, file: Path, *parts: str) -> str:
        """Moves a finished file of `staging` to its place, whole or not at all; returns the place within the lake."""
        with unreachable(self.address):
            if self.is_local:
                target = Path(self.path(*parts))
                target.parent.mkdir(parents=True, exist_ok=True)
                _sync(file)
                file.replace(target)
            else:
                self.files.put_file(str(file), self.path(*parts))
                file.unlink()
        return "/".join(parts)

    def remove(self, files: Iterable[str]) -> None:
        """Removes files, given by their places within the lake."""
        with unreachable(self.address):
            for file in files:
                self.files.rm_file(self.path(file))

    def find(self, *parts: str) -> list[str]:
        """The files that fit a pattern, by their places within the lake."""
        with unreachable(self.address):
            found = self.files.glob(self.path(*parts))
        start = len(self.path("").removeprefix(S3))
        return sorted(each.removeprefix(S3)[start:] for each in found)

    def remove_what_does_not_count(self, source: str, table: str) -> None:
        """Removes the files of loads that were killed or replaced."""
        loads = self.loads(source, table)
        counted = {empty_file(source, table), *(file for load in loads for file in load.files)}
        counted.update(rejected_file(source, table, load.load_id) for load in loads)
        found = [*self.find(source, table, "**", "*.parquet"), *self.find("_rejected", source, table, "*.jsonl")]
        self.remove(file for file in found if file not in counted)

    def make_table(self, source: str, table: Table) -> None:
        """A file without rows and a list of loads, so that a table can be read before anything was landed."""
        places = [empty_file(source, table.name), loads_file(source, table.name)]
        with unreachable(self.address):
            if all(self.files.exists(self.path(place)) for place in places):
                return
        columns = ", ".join(f'NULL::{type_} AS "{name}"' for name, type_ in table.stored_types().items())
        with self.staging() as folder:
            target = folder / "empty.parquet"
            duckdb.execute(f"COPY (SELECT {columns} LIMIT 0) TO '{target}' (FORMAT parquet)")
            self.take_in(target, places[0])
        self.keep_loads(source, table.name, self.loads(source, table.name))

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder in which files are made; nothing in it counts."""
        with unreachable(self.address):
            folder = tempfile.mkdtemp(dir=self._staging_parent())
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While it is open no other process of this machine changes the lake; it waits for one that does."""
        lock = self._workshop() / "_lock"
        with unreachable(self.address):
            lock.touch()
        with alone_in(lock):
            for left_over in self._workshop().glob("_landing/*"):
                shutil.rmtree(left_over, ignore_errors=True)
            yield

    def _workshop(self) -> Path:
        """Where the lock and files in the making lie on this machine: within a local lake, as files can be moved
        within one file system only.
        """
        folder = Path(self.address)
        if not self.is_local:
            name = hashlib.sha256(self.address.encode()).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"vitrine-lake-{os.getuid()}-{name}"
        folder.mkdir(mode=0o777 if self.is_local else 0o700, parents=True, exist_ok=True)
        return folder

    def _staging_parent(self) -> Path:
        folder = self._workshop() / "_landing"
        folder.mkdir(exist_ok=True)
        return folder


def empty_file(source: str, table: str) -> str:
    return f"{source}/{table}/_empty.parquet"


def loads_file(source: str, table: str) -> str:
    return f"_loads/{source}/{table}.jsonl"


def rejected_file(source: str, table: str, load_id: str) -> str:
    return f"_rejected/{source}/{table}/{load_id}.jsonl"


def filesystem(settings: LakeSettings, address: str) -> Any:  # noqa: ANN401 - fsspec is untyped
    """What reads and writes at an address."""
    if not address.startswith(S3):
        return fsspec.filesystem("file")
    secret = settings.s3_secret_key
    return fsspec.filesystem(
        "s3",
        key=settings.s3_access_key,
        secret=secret.get_secret_value() if secret else None,
        endpoint_url=settings.s3_endpoint,
        client_kwargs={"region_name": settings.s3_region},
        config_kwargs={"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 3}},
        use_listings_cache=False,
        skip_instance_cache=True,
    )


@contextmanager
def unreachable(address: str) -> Iterator[None]:
    """Maps errors of the file system or of the S3 client onto LakeUnavailableError."""
    try:
        yield
    except (LakeError, LakeUnavailableError):
        raise
    except OSError as error:
        raise LakeUnavailableError(f"{address}: {_in_words(error)}") from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"botocore", "aiobotocore", "aiohttp"}:
            raise
        raise LakeUnavailableError(f"{address}: {_in_words(error)}") from error


def _in_words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _sync(file: Path) -> None:
    """Its bytes are on disk before a list says that they count."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def with_load(loads: Sequence[Load], new: Load) -> list[Load]:
    """The loads with a new one, in place of that of the same content's former state."""
    return [*(load for load in loads if load.of != new.of), new]
