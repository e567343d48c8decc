"""Where generated lines go: standard output, or a file that appears whole or not at all."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

STANDARD_OUTPUT = 1


@contextmanager
def opened_for_writing(path: Path | None) -> Iterator[BinaryIO]:
    """A stream of bytes to the file, or to standard output without one.

    The file takes its name when all is written; until then, and after an error, what had that name is
    untouched. A name ending in .gz is compressed, without a time in it: the same bytes in, the same file.
    Raises OSError.
    """
    if path is None:
        with open(STANDARD_OUTPUT, "wb", closefd=False) as standard_output:
            yield standard_output
    elif path.exists() and not path.is_file():  # a pipe or a device cannot be replaced
        with path.open("wb") as device, _compressed(device, path) as stream:
            yield stream
    else:
        with _replacing(path.resolve()) as output, _compressed(output, path) as stream:
            yield stream


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as output:
            yield output
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _compressed(output: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    if path.suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=output, mtime=0) as stream:
            yield cast(BinaryIO, stream)
    else:
        yield output
