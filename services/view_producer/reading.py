"""JSON texts out of a file: lines or one array, plain or compressed, with line numbers and bounded memory."""

import codecs
import gzip
import json
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

# Longer than any event may be.
MAX_TEXT_BYTES = 2 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
STANDARD_INPUT = "-"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BETWEEN_ELEMENTS = re.compile(r"[\s,]*")
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Fault:
    """A place in a file that cannot be read, and why."""

    line: int
    reason: str


# A JSON text and the line on which it starts.
Text = tuple[int, bytes]


@contextmanager
def open_input(name: str) -> Iterator[tuple[BinaryIO, BufferedReader]]:
    """The file as it lies on disk (whose position tells the progress) and as it is read. `-` is standard input.

    Compression is told by content, not by name. Raises OSError.
    """
    raw = cast(BufferedReader, sys.stdin.buffer) if name == STANDARD_INPUT else Path(name).open("rb")  # noqa: SIM115
    try:
        is_compressed = raw.peek(2)[:2] == _GZIP_MAGIC
        yield raw, BufferedReader(gzip.GzipFile(fileobj=raw), CHUNK_BYTES) if is_compressed else raw
    finally:
        if name != STANDARD_INPUT:
            raw.close()


def texts(file: BufferedReader) -> Iterator[Text | Fault]:
    """Every JSON text of a file that holds one a line, or one array of them. Empty lines are passed over.

    What cannot be read is told in its place; reading goes on behind it where that is possible.
    """
    reader: _Lines | _Array | None = None
    try:
        if file.peek(3)[:3] == _BYTE_ORDER_MARK:
            file.read(3)
        reader = _Array(file) if _starts_array(file) else _Lines(file)
        yield from reader
    except (EOFError, zlib.error, OSError) as error:
        yield Fault(reader.line if reader else 1, f"cannot read on: {error}")


def _starts_array(file: BufferedReader) -> bool:
    return file.peek(CHUNK_BYTES).lstrip()[:1] == b"["


class _Lines:
    """One text a line."""

    def __init__(self, file: BufferedReader) -> None:
        self.line = 1
        self._file = file

    def __iter__(self) -> Iterator[Text | Fault]:
        for number, line in enumerate(iter(partial(self._file.readline, MAX_TEXT_BYTES), b""), 1):
            self.line = number
            text = line.strip()
            if len(line) == MAX_TEXT_BYTES and not line.endswith(b"\n"):
                self._skip_line()
                yield Fault(number, f"longer than {MAX_TEXT_BYTES:,} bytes")
            elif text:
                yield number, text

    def _skip_line(self) -> None:
        while (rest := self._file.readline(CHUNK_BYTES)) and not rest.endswith(b"\n"):
            pass


class _Array:
    """The elements of one array, read piece by piece."""

    def __init__(self, file: BufferedReader) -> None:
        self.line = 1
        self._file = file
        # Bytes that are not UTF-8 stay what they were, so that the fault is the element's alone.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._scan = json.JSONDecoder().raw_decode
        self._buffer = ""

    def __iter__(self) -> Iterator[Text | Fault]:
        self._skip_space()
        self._drop(1)
        while self._skip_space():
            if self._buffer[0] == "]":
                self._drop(1)
                if self._skip_space():
                    yield Fault(self.line, "there is more after the end of the array")
                return
            yield self._element()
        yield Fault(self.line, "the array has no end")

    def _element(self) -> Text | Fault:
        """Takes one element; after a mistake in it, reading goes on at the next line."""
        line = self.line
        while True:
            try:
                _, end = self._scan(self._buffer)
            except json.JSONDecodeError as error:
                if self._may_be_cut(error) and self._fill():
                    continue
                self._skip_line()
                return Fault(line, f"not JSON: {error.msg}")
            except RecursionError:
                self._skip_line()
                return Fault(line, "nested too deeply")
            return line, self._drop(end).encode(errors="surrogateescape")

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether the rest of the element may only not have been read yet."""
        at_the_end = error.pos > len(self._buffer) - 16 or error.msg.startswith("Unterminated")
        return at_the_end and len(self._buffer) < MAX_TEXT_BYTES

    def _skip_space(self) -> bool:
        """Drops what stands between elements; False at the end of the file."""
        while True:
            match = _BETWEEN_ELEMENTS.match(self._buffer)
            self._drop(match.end() if match else 0)
            if self._buffer:
                return True
            if not self._fill():
                return False

    def _skip_line(self) -> None:
        while (end := self._buffer.find("\n")) < 0:
            self._drop(len(self._buffer))
            if not self._fill():
                return
        self._drop(end)

    def _drop(self, count: int) -> str:
        dropped, self._buffer = self._buffer[:count], self._buffer[count:]
        self.line += dropped.count("\n")
        return dropped

    def _fill(self) -> bool:
        chunk = self._file.read(CHUNK_BYTES)
        self._buffer += self._decoder.decode(chunk, final=not chunk)
        return bool(chunk)
