"""The bytes of a feed, unpacked if it is packed, and never more of them than a feed has."""

import gzip
import io
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from vitrine.errors import InvalidFeedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Google takes no larger file.
MAX_BYTES = 4 << 30
_GZIP_MAGIC = b"\x1f\x8b"


def unpacked(file: BinaryIO) -> io.BufferedReader:
    """What a file holds, by its content, whatever its name says.

    Reading raises InvalidFeedError for more than MAX_BYTES, and for what cannot be unpacked.
    """
    plain: io.BufferedReader = io.BufferedReader(_Counted(file.read))
    if plain.peek(len(_GZIP_MAGIC))[: len(_GZIP_MAGIC)] != _GZIP_MAGIC:
        return plain
    # One read at a time: what comes before an error is not lost.
    return io.BufferedReader(_Counted(gzip.GzipFile(fileobj=plain).read1))


class _Counted(io.RawIOBase):
    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        try:
            block = self._read(len(view))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidFeedError(f"after {self._taken:,} bytes: cannot be unpacked: {error}") from None
        self._taken += len(block)
        if self._taken > MAX_BYTES:
            raise InvalidFeedError(f"after {MAX_BYTES:,} bytes: larger than any feed")
        view[: len(block)] = block
        return len(block)
