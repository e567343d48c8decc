"""One CSV file as typed rows: which of them break the declaration, and why."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb

from vitrine.errors import LakeError
from vitrine.lake import erasures
from vitrine.lake.database import quoted, run, text
from vitrine.lake.declarations import INTEGERS, CsvTable
from vitrine.lake.erasures import Erasure
from vitrine.lake.parts import NO_MONTH, SET_ASIDE, Part, load_column, month_of, write_months
from vitrine.lake.place import unreachable

_GZIP = b"\x1f\x8b"
# Of a heading; a file that is nothing but one line, packed a thousand times smaller, is not to fill the memory.
_HEADING_CHARACTERS = 1 << 20
_SHOWN_CHARACTERS = 500


@dataclass(frozen=True)
class Written:
    """What came of a file, in staging."""

    parts: list[Part]
    set_aside: Path | None
    rejected: int

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


def is_gzip(path: Path) -> bool:
    """By its content, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def read_headings(path: Path, table: CsvTable) -> list[str]:
    """The names in a file's first line. Raises LakeError unless all declared columns are among them, each once."""
    with unreachable(str(path)):
        opened = gzip.open if is_gzip(path) else open
        try:
            with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as lines:
                headings = next(csv.reader(_first_lines(lines), delimiter=table.delimiter), [])
        except (EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
            raise LakeError(f"its heading cannot be read: {error}") from None
    columns = [table.column_of(heading) for heading in headings]
    if missing := [name for name in table.columns if name not in columns]:
        found = ", ".join(headings)[:_SHOWN_CHARACTERS] or "nothing at all"
        raise LakeError(f"it has no column {', '.join(missing)}, but {found}")
    if twice := [name for name in table.columns if columns.count(name) > 1]:
        raise LakeError(f"it has column {', '.join(twice)} more than once")
    return headings


def _first_lines(lines: TextIO) -> Iterator[str]:
    """No more of them than a heading takes."""
    left = _HEADING_CHARACTERS
    while left and (line := lines.readline(left)):
        left -= len(line)
        yield line


class CsvReading:
    """Reads one file, but for the rows of those who were erased."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: CsvTable,
        headings: Sequence[str],
        path: Path,
        erased: Sequence[Erasure],
    ) -> None:
        self._connection = connection
        self._table = table
        self._headings = headings
        self._erasures = erased
        self._scan = self._read_csv(path)
        self._misread = 0

    def write(self, staging: Path, load_id: str, name: str) -> Written:
        """Writes the rows by month, and those that are set aside: a second pass, if there are any."""
        parts = self._write_rows(staging / "rows", load_id, name)
        self._misread = self._note_misread()
        file = staging / "set-aside.jsonl"
        some_are_bad = self._misread or any(part.month == SET_ASIDE for part in parts)
        rejected = self._write_set_aside(file, name) if some_are_bad else 0
        return Written([part for part in parts if part.month != SET_ASIDE], file if rejected else None, rejected)

    def _write_rows(self, folder: Path, load_id: str, name: str) -> list[Part]:
        """No line is counted here: DuckDB counts rows on one core only."""
        values = ", ".join(f"{self._value(column)} AS {quoted(column)}" for column in self._table.columns)
        month = f"CASE WHEN is_good THEN {month_of(self._table) or text(NO_MONTH)} ELSE '{SET_ASIDE}' END"
        query = f"""
            SELECT * EXCLUDE (is_good), {month} AS month FROM (
                SELECT {values}, {load_column(load_id)}, {self._is_good()} AS is_good
                FROM {self._scan} WHERE NOT {self._is_left_out()}
            )
        """
        return write_months(self._connection, query, folder, title=name)

    def _write_set_aside(self, file: Path, name: str) -> int:
        """Rows whose values break the declaration, and lines that are no rows; returns how many."""
        reasons = ", ".join(
            f"CASE WHEN {self._is_bad(name)} THEN {self._reason(name)} END" for name in self._table.columns
        )
        row = ", ".join(f"{text(heading)}: {_column(number)}" for number, heading in enumerate(self._headings))
        names_erased = erasures.names_erased(self._erasures, self._table.person, "content", self._table.delimiter)
        query = f"""
            SELECT {text(name)} AS file, line, reason, "row" FROM (
                SELECT _line AS line, concat_ws('; ', {reasons}) AS reason, to_json({{{row}}}) AS "row"
                FROM ({self._lines()}) WHERE NOT {self._is_good()}
                UNION ALL SELECT line, reason, to_json(content) FROM misread WHERE NOT {names_erased}
            ) ORDER BY line
        """
        statement = f"COPY ({query}) TO {text(str(file))} (FORMAT json)"
        [(count, *_)] = run(self._connection, statement, title=f"{name}, set aside")
        return int(count)

    def _note_misread(self) -> int:
        """Remembers the lines that could not be read as rows; returns how many there are."""
        self._connection.execute("""
            CREATE OR REPLACE TEMP TABLE misread AS
            SELECT line, line - 1 - row_number() OVER (ORDER BY line) AS rows_before,
                row_number() OVER (ORDER BY line) AS number, reason, content
            FROM (
                SELECT line, string_agg(lower(error_type::VARCHAR) || ': ' || error_message, '; ') AS reason,
                    any_value(csv_line) AS content
                FROM reject_errors GROUP BY line
            )
        """)
        self._forget_misread()
        return len(self._connection.execute("SELECT number FROM misread").fetchall())

    def _forget_misread(self) -> None:
        self._connection.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")

    def _lines(self) -> str:
        """The file's columns as texts, with their lines; the heading is line 1."""
        lines = f"SELECT *, row_number() OVER () + 1 AS _line FROM {self._scan}"
        if self._misread:
            lines = f"""
                SELECT rows.* REPLACE (_line + coalesce(misread.lines, 0) AS _line) FROM ({lines}) AS rows
                ASOF LEFT JOIN (SELECT rows_before, max(number) AS lines FROM misread GROUP BY ALL) AS misread
                ON rows._line - 1 > misread.rows_before
            """
        return f"SELECT * FROM ({lines}) WHERE NOT {self._is_left_out()}"

    def _is_left_out(self) -> str:
        person, time = self._table.person, self._table.time
        column = self._text(person.column) if person else ""
        return erasures.left_out(self._erasures, person, column, self._value(time) if time else None)

    def _read_csv(self, path: Path) -> str:
        columns = ", ".join(f"{_column(number)}: 'VARCHAR'" for number in range(len(self._headings)))
        return f"""
            read_csv({text(_only(path))}, columns = {{{columns}}}, header = true, auto_detect = false, quote = '"',
            escape = '"', delim = {text(self._table.delimiter)}, compression = '{"gzip" if is_gzip(path) else "none"}',
            store_rejects = true)
        """

    def _text(self, column: str) -> str:
        return _column([self._table.column_of(heading) for heading in self._headings].index(column))

    def _value(self, column: str) -> str:
        given, type_ = self._text(column), self._table.types()[column]
        if type_ == "VARCHAR":
            return given
        if type_ == "TIMESTAMP":
            # With an offset it takes three times as long.
            return f"""
                CASE WHEN length({given}) = 19 AND {given}[17] = ':' THEN TRY_CAST({given} AS TIMESTAMP)
                ELSE TRY_CAST({given} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END
            """
        return f"TRY_CAST({given} AS {type_})"

    def _is_bad(self, column: str) -> str:
        given, value = self._text(column), self._value(column)
        is_bad = f"({given} IS NOT NULL AND {value} IS NULL)"
        if self._table.types()[column] in INTEGERS:
            # Not rounded in silence.
            is_bad = f"({is_bad} OR {value} IS DISTINCT FROM TRY_CAST({given} AS DOUBLE))"
        return f"({is_bad} OR {given} IS NULL)" if column in self._table.required() else is_bad

    def _is_good(self) -> str:
        return f"NOT ({' OR '.join(self._is_bad(column) for column in self._table.columns)})"

    def _reason(self, column: str) -> str:
        given, type_ = self._text(column), self._table.types()[column]
        return f"coalesce({text(f'{column}: not {type_}: ')} || {given}, {text(f'{column}: empty')})"


def _only(path: Path) -> str:
    """A pattern that this file alone fits: DuckDB would read all that fit its name, such as sales_[12].csv."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _column(number: int) -> str:
    return f"c{number}"
