"""Reading the lake as the warehouse does: only what counts."""

from typing import Any

import duckdb

from vitrine.lake.place import Lake


def rows(lake: Lake, source: str, table: str, columns: str = "*", order: str = "ALL") -> list[tuple[Any, ...]]:
    """The rows that count, of a lake in a folder."""
    return duckdb.execute(f"""
        SELECT {columns} FROM read_parquet('{lake.path(source, table, "**", "*.parquet")}', union_by_name = true)
        WHERE _load_id IN (
            SELECT load_id FROM read_json('{lake.path("_loads", source, f"{table}.jsonl")}',
                columns = {{load_id: 'VARCHAR'}}, format = 'newline_delimited')
        ) ORDER BY {order}
    """).fetchall()
