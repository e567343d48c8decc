"""The items of a feed that is a table: a heading, then a row for each, between tabs or commas."""

import csv
import io
from collections.abc import Iterator

from vitrine.errors import InvalidFeedError
from vitrine.feeds.items import MAX_ITEM_BYTES, Item, Refusal, name_of, put
from vitrine.products import shown


def items(file: io.BufferedReader) -> Iterator[Item | Refusal]:
    """Each row, and what is no row; after a mistake in one, reading goes on at the next line.

    Raises InvalidFeedError for a file without a column `id`, for what is not UTF-8, and where the file is cut off.
    """
    lines = _Lines(file)
    delimiter, names = _heading(lines)
    # Mistakes in quoting are told, not mended.
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while lines.begin_row():
        try:
            row = next(rows)
        except csv.Error as error:
            if lines.are_over:
                raise InvalidFeedError(f"{lines.place}: cut off inside quotes") from None
            yield Refusal(lines.place, f"no row: {error}".replace("\t", "tab"))
            continue
        if len(row) < len(names) and any(row) and not lines.is_whole:
            raise InvalidFeedError(f"{lines.place}: cut off: {_counted(row, names)}")
        if any(row) and len(row) != len(names):
            yield Refusal(lines.place, _counted(row, names))
        elif fields := _fields(names, row):
            yield Item(lines.place, fields)


def _heading(lines: "_Lines") -> tuple[str, list[str]]:
    """What stands between values, and the names of the columns."""
    lines.begin_row()
    line = next(lines, "")
    delimiter = "\t" if "\t" in line else ","
    try:
        names = [name_of(heading) for heading in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        names = []
    if "id" not in names:
        raise InvalidFeedError(f"line 1: neither XML nor a heading with a column `id`, but {shown(line)}")
    return delimiter, names


def _fields(names: list[str], row: list[str]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in zip(names, row, strict=False):
        put(fields, name, value)
    return fields


def _counted(row: list[str], names: list[str]) -> str:
    return f"{len(row)} values under {len(names)} headings"


class _Lines:
    """Lines as text, and no more of them to a row than an item may have."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._number = 0
        self._first = 1
        self._left = 0
        self.is_whole = True
        self.are_over = False

    @property
    def place(self) -> str:
        """Where the row stands."""
        return f"line {self._first}" if self._number <= self._first else f"lines {self._first} to {self._number}"

    def begin_row(self) -> bool:
        """False if there is none."""
        self._first, self._left = self._number + 1, MAX_ITEM_BYTES
        return bool(self._file.peek(1))

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._left + 1)
        if not line:
            self.are_over = True
            raise StopIteration
        self._number += 1
        self._left -= len(line)
        if self._left < 0:
            raise InvalidFeedError(f"line {self._first}: a row of more than {MAX_ITEM_BYTES:,} bytes")
        self.is_whole = line.endswith(b"\n")
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            raise InvalidFeedError(f"line {self._number}, byte {error.start + 1}: not UTF-8") from None
