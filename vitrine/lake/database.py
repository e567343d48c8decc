"""DuckDB, as landing and erasing use it: bounded, in UTC, with progress."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from tqdm import tqdm

from vitrine.lake.place import Lake

LOOK_EVERY_SECONDS = 0.2


@contextmanager
def database(lake: Lake, staging: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that puts on disk, in `staging`, what goes beyond the limit, and reads the lake's files."""
    configuration: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{lake.settings.lake_memory_mb}MB",
        "temp_directory": str(staging / "spilled"),
        "autoinstall_known_extensions": "false",
    }
    with duckdb.connect(config=configuration) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        if not lake.is_local:
            connection.register_filesystem(lake.files)
        yield connection


def run(
    connection: duckdb.DuckDBPyConnection, statement: str, parameters: dict[str, Any] | None = None, *, title: str
) -> list[tuple[Any, ...]]:
    """The rows of a statement. What takes longer than a second shows its progress on a terminal."""
    with (
        ThreadPoolExecutor(1) as pool,
        tqdm(total=100, desc=title, delay=1, leave=False, disable=None, bar_format="{desc}: {percentage:.0f} %") as bar,
    ):
        running = pool.submit(lambda: connection.execute(statement, parameters).fetchall())
        try:
            while wait([running], LOOK_EVERY_SECONDS).not_done:
                bar.update(max(connection.query_progress(), bar.n) - bar.n)
        except BaseException:
            connection.interrupt()
            raise
        return running.result()


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text in SQL, where a parameter may not stand."""
    return "'" + value.replace("'", "''") + "'"
