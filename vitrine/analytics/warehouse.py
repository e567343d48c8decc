"""The warehouse file, read by us: dbt and the recommendations alone write to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from vitrine.errors import WarehouseError


@contextmanager
def opened(file: Path, *, writable: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the warehouse. Raises WarehouseError where it is not there, or somebody else writes to it."""
    if not file.exists():
        raise WarehouseError(f"{file} is not there: build the marts first")
    try:
        connection = duckdb.connect(str(file), read_only=not writable)
    except duckdb.Error as error:
        raise WarehouseError(f"{file}: {' '.join(str(error).split())}") from error
    with connection:
        yield connection


def spilled_folder(file: Path) -> Path:
    """Where dbt's DuckDB puts what does not fit into memory (warehouse/profiles.yml)."""
    return file.with_name(f"{file.name}.tmp")


def scratch_folder(connection: duckdb.DuckDBPyConnection) -> Path:
    """Where files lie while a step needs them: beside the warehouse, where erasing finds what a killed one left."""
    query = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ((path,),) = connection.execute(query).fetchall()
    folder = Path(f"{path}.scratch")
    folder.mkdir(exist_ok=True)
    return folder


def fingerprint(file: Path) -> str:
    """Changes whenever somebody writes to the file."""
    status = file.stat()
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"
