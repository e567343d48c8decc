"""Landing any source by its name."""

from typing import Any

from vitrine.lake import csv_files
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.lake.sources import CSV_SOURCES

SOURCES = [*CSV_SOURCES]


def land(lake: Lake, name: str, *, folder: str | None = None, again: bool = False) -> list[Landed]:
    """Lands what is new in a source; with `again` also what was landed before. One process at a time does so.

    Raises LakeUnavailableError.
    """
    with lake.alone():
        return csv_files.land(lake, CSV_SOURCES[name], folder, again=again)


def overview(lake: Lake) -> list[dict[str, Any]]:
    """Each declared table: how many loads, files and rows count, how many rows were set aside."""
    tables = [(source.name, table.name) for source in CSV_SOURCES.values() for table in source.tables]
    return [_overview(lake, source, table) for source, table in tables]


def _overview(lake: Lake, source: str, table: str) -> dict[str, Any]:
    loads = lake.loads(source, table)
    return {
        "source": source,
        "table": table,
        "loads": len(loads),
        "files": sum(len(load.files) for load in loads),
        "rows": sum(load.rows for load in loads),
        "rejected": sum(load.rejected for load in loads),
        "landed_at": max((load.landed_at.isoformat() for load in loads), default=None),
    }
