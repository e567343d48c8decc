"""CSV as Postgres' COPY writes it, read by DuckDB as the declared types.

Postgres has checked the rows by the same rules, but for what is older than a rule; such rows are set aside.
"""

from pathlib import Path

import duckdb

from vitrine.lake.database import run, text
from vitrine.lake.declarations import Table


def reading(path: Path, table: Table) -> str:
    """The SQL of the rows."""
    columns = ", ".join(f"{text(name)}: {text(type_)}" for name, type_ in table.types().items())
    return f"""
        read_csv({text(str(path))}, columns = {{{columns}}}, header = true, auto_detect = false, delim = ',',
            quote = '"', escape = '"', allow_quoted_nulls = false, store_rejects = true)
    """


def set_aside(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> int:
    """Writes the rows that the last reading could not take, and why; returns how many there are."""
    query = f"""
        SELECT {text(name)} AS file, line, string_agg(error_message, '; ') AS reason, any_value(csv_line) AS "row"
        FROM reject_errors GROUP BY line ORDER BY line
    """
    [(count, *_)] = run(connection, f"COPY ({query}) TO {text(str(file))} (FORMAT json)", title=f"{name}, set aside")
    return int(count)
