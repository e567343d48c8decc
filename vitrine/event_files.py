"""JSON texts out of a file: lines or one array, plain or compressed, with line numbers and bounded memory."""

import codecs
import errno
import gzip
import json
import logging
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vitrine.logs import say

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Longer than any event may be.
MAX_TEXT_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 64 * 1024
STANDARD_INPUT = "-"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BETWEEN_ELEMENTS = re.compile(r"[\s,]*")
_NEXT_OBJECT = re.compile(r"[,\n]\s*\{")
# The longest escape, of a character outside the first plane, is 12 characters. A mistake that close to the end of what
# has been read may only be a text that is not complete yet.
_LONGEST_CUT = 16
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Fault:
    """A place in a file that cannot be read, and why."""

    line: int
    reason: str


def report(program: str, name: str, fault: Fault) -> None:
    """Says of a file what could not be read where."""
    place = f"{name}:{fault.line}" if fault.line else name
    say(program, f"{place}: {fault.reason}", level=logging.WARNING, file_name=name, line=fault.line)


# A JSON text and the line on which it starts.
Text = tuple[int, bytes]


@contextmanager
def open_input(name: str) -> Iterator[tuple[BinaryIO, BufferedReader]]:
    """Opens a file: raw, whose position shows the progress, and decompressed. `-` is standard input.

    Compression is detected by content, not by name. Raises OSError.
    """
    with _open_standard_input() if name == STANDARD_INPUT else Path(name).open("rb") as raw:
        is_compressed = raw.peek(2)[:2] == _GZIP_MAGIC
        yield raw, BufferedReader(_Unzipped(fileobj=raw), BLOCK_BYTES) if is_compressed else raw


def _open_standard_input() -> BufferedReader:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return os.fdopen(sys.stdin.fileno(), "rb", closefd=False)


class _Unzipped(gzip.GzipFile):
    """Returns what it has before it reads more, so that a file that was cut off is read up to the cut."""

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self.readinto1(buffer)


def texts(file: BufferedReader) -> Iterator[Text | Fault]:
    """Every JSON text of a file that has one on each line, or one array of them. Empty lines are skipped.

    What cannot be read is reported in its place; reading goes on after it if that is possible.
    """
    line = 1
    array: _Array | None = None
    try:
        _skip_mark(file)
        line += _skip_space(file)
        if file.peek(1)[:1] == b"[":
            array = _Array(file, line)
            yield from array
            return
        # Not in a generator of its own, which would add a tenth to the time of a line.
        for line, read in enumerate(iter(partial(file.readline, MAX_TEXT_BYTES), b""), line):  # noqa: B020
            if len(read) == MAX_TEXT_BYTES and not read.endswith(b"\n"):
                _skip_line(file)
                yield Fault(line, f"longer than {MAX_TEXT_BYTES:,} bytes")
            elif text := read.strip():
                yield line, text
    except (EOFError, zlib.error, OSError) as error:
        yield Fault(array.line if array else line, f"cannot read on: {error}")


def _skip_mark(file: BufferedReader) -> None:
    # Byte by byte: a pipe may hand over less than the whole mark at first.
    for byte in _BYTE_ORDER_MARK:
        if file.peek(1)[:1] != bytes((byte,)):
            return
        file.read(1)


def _skip_space(file: BufferedReader) -> int:
    """The number of lines that end before the first character that is not a space."""
    lines = 0
    while file.peek(1)[:1].isspace():
        lines += file.read(1) == b"\n"
    return lines


def _skip_line(file: BufferedReader) -> None:
    while (rest := file.readline(BLOCK_BYTES)) and not rest.endswith(b"\n"):
        pass


class _Array:
    """The elements of one array, read piece by piece."""

    def __init__(self, file: BufferedReader, line: int) -> None:
        self.line = line
        self._file = file
        # Bytes that are not UTF-8 are kept as they are, so that only their element is at fault.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        # Only the end of an element matters. Numbers stay text, because Python refuses to convert very long ones.
        self._scan = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
        self._buffer = ""

    def __iter__(self) -> Iterator[Text | Fault]:
        self._skip_between()
        self._drop(1)
        while self._skip_between():
            if self._buffer[0] == "]":
                self._drop(1)
                if self._skip_between():
                    yield Fault(self.line, "there is more after the end of the array")
                return
            yield self._element()
        yield Fault(self.line, "the array has no end")

    def _element(self) -> Text | Fault:
        """Takes one element; after a mistake in it, reading goes on at the next object."""
        line = self.line
        while True:
            try:
                _, end = self._scan(self._buffer)
            except json.JSONDecodeError as error:
                is_cut = error.pos > len(self._buffer) - _LONGEST_CUT or error.msg.startswith("Unterminated")
                if is_cut and self._fill_element():
                    continue
                is_long = is_cut and len(self._buffer) >= MAX_TEXT_BYTES
                self._skip_to_object(error.pos)
                return Fault(line, f"longer than {MAX_TEXT_BYTES:,} bytes" if is_long else f"not JSON: {error.msg}")
            except RecursionError:
                self._skip_to_object(1)
                return Fault(line, "nested too deeply")
            if self._may_go_on(end) and self._fill_element():
                continue
            return line, self._drop(end).encode(errors="surrogateescape")

    def _may_go_on(self, end: int) -> bool:
        """Whether what looks like a complete number may be the beginning of a longer one."""
        return end > len(self._buffer) - _LONGEST_CUT and self._buffer[0] not in '{["'

    def _skip_to_object(self, mistake: int) -> None:
        """Drops everything before the next object that starts after a comma or on a line of its own.

        If there is none, a bracket that ends the file stays.
        """
        start = len(self._buffer[:mistake].rstrip(" \t\r\n,"))
        while not (found := _NEXT_OBJECT.search(self._buffer, start)):
            # The next object may start at the last character and the space after it.
            self._drop(max(0, len(self._buffer.rstrip()) - 1))
            start = 0
            if not self._fill():
                self._drop(0 if self._buffer[:1] == "]" else len(self._buffer))
                return
        self._drop(found.start())

    def _skip_between(self) -> bool:
        """Drops what stands between elements; False at the end of the file."""
        while True:
            match = _BETWEEN_ELEMENTS.match(self._buffer)
            self._drop(match.end() if match else 0)
            if self._buffer:
                return True
            if not self._fill():
                return False

    def _drop(self, count: int) -> str:
        dropped, self._buffer = self._buffer[:count], self._buffer[count:]
        self.line += dropped.count("\n")
        return dropped

    def _fill_element(self) -> bool:
        return len(self._buffer) < MAX_TEXT_BYTES and self._fill()

    def _fill(self) -> bool:
        # One read at a time: what comes before an error is not lost.
        block = self._file.read1(BLOCK_BYTES)
        self._buffer += self._decoder.decode(block, final=not block)
        return bool(block)
