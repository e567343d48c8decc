"""The model file: what is where. One header, then arrays of a fixed size, each at the start of a page.

A model is bounded by its `Size`, whatever is learned: a full row, a full list of products, a full table of users makes
room by its weakest or oldest. One process writes; many read the same pages without a lock. Numbers of up to 8 bytes are
written whole, so that a reader sees the old or the new one; whatever is used as an index is checked first.
"""

import math
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ModelFileError
from vitrine.learning.formulas import CLICKS_BACK, LEARNING

VERSION = 2
MAGIC = b"VITRINE\0"
# Of the topics of views, of purchases, and of shop events.
STREAMS = 3
MAX_PARTITIONS = 1024
MAX_NAME_BYTES = 128
# Users and seen events lie in sets of this size; a set that is full drops its oldest.
SET_SIZE = 8
_PAGE = 4096

# What says whether a file can be used at all, and how far it has come. Not for compiled code.
HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("version", "<u4"),
        ("spare", "<u4"),
        ("size", "<i8", 4),
        ("formulas", "<f8", len(LEARNING)),
        ("seed", "<u8"),
        ("generation", "<i8"),
        ("checkpoint", "<i8"),
        ("offsets", "<i8", (STREAMS, MAX_PARTITIONS)),
    ]
)
# What is one for the whole model. Times are Unix seconds.
STATE = np.dtype(
    [
        ("newest", "<f8"),
        ("landmark_long", "<f8"),
        ("landmark_recent", "<f8"),
        # All popularities of products summed up; those of a day and of an hour as of the newest view.
        ("total_long", "<f8"),
        ("total_recent", "<f8"),
        ("total_day", "<f8"),
        ("total_hour", "<f8"),
        # A clock that ticks with each view or purchase.
        ("clicks", "<i8"),
        # Numbers below this one have been given; `free` of all are not in use.
        ("products", "<i8"),
        ("free", "<i8"),
        # Goes up when a number has changed its product.
        ("renumbered", "<i8"),
        ("repeated", "<i8"),
        ("robots", "<i8"),
    ]
)
# A product: 64 bytes, a line of the processor's cache.
PRODUCT = np.dtype(
    [
        # The hash of its id; 0 is a number that is not in use.
        ("key", "<u8"),
        # When it was clicked last, in Unix seconds and on the clock of clicks.
        ("last", "<f8"),
        ("last_click", "<i8"),
        ("name_bytes", "<i4"),
        ("neighbours", "<i4"),
        ("views", "<i4"),
        # All its pairs' weights summed up, those that its row has dropped included.
        ("pairs_long", "<f4"),
        ("pairs_recent", "<f4"),
        ("long", "<f4"),
        ("recent", "<f4"),
        # These two as of `last`.
        ("day", "<f4"),
        ("hour", "<f4"),
        ("spare", "<i4"),
    ]
)
# Of whom a session may be open; the clicks themselves lie in arrays of their own.
USER = np.dtype(
    [
        ("key", "<u8"),
        ("last", "<f8"),
        # Clicks of the open session, those that are not kept any more included.
        ("length", "<i4"),
        ("kept", "<i4"),
        # Views on the last day that a view was of.
        ("day", "<i4"),
        ("views", "<i4"),
    ]
)


@dataclass(frozen=True)
class Size:
    """How much a model holds. 37,000 products with 128 neighbours each take 83 MB, the rest of the defaults 25 MB."""

    products: int = 40_000
    neighbours: int = 128
    # Users whose open session is known, and seen events by which a repeated one is noticed: multiples of eight.
    users: int = 65_536
    events: int = 524_288

    def __post_init__(self) -> None:
        if min(self.products, self.neighbours) < 2:
            raise ModelFileError("a model holds at least 2 products, with 2 neighbours each")
        if min(self.users, self.events) < SET_SIZE or self.users % SET_SIZE or self.events % SET_SIZE:
            raise ModelFileError(f"users and events of a model are multiples of {SET_SIZE}")

    @property
    def bytes(self) -> int:
        """How large the file is."""
        return _sections(self)[1]


class Book(NamedTuple):
    """The arrays of a model, N products with K neighbours each, as compiled code takes them."""

    state: NDArray[np.void]
    products: NDArray[np.void]
    # [N, K]: the neighbours of each product, and of each pair the clicks in this order, in the other, and recently.
    neighbours: NDArray[np.int32]
    forward: NDArray[np.float32]
    backward: NDArray[np.float32]
    recent: NDArray[np.float32]
    # [N, 128]: the ids of the products, and a hash table of their numbers.
    names: NDArray[np.uint8]
    numbers: NDArray[np.int32]
    # A stack of the numbers that are not in use.
    free: NDArray[np.int32]
    users: NDArray[np.void]
    # [users, 21]: the last clicks of each open session, oldest first, with room for one that is being put in.
    clicks: NDArray[np.int32]
    click_times: NDArray[np.float64]
    # [events / 8, 8]: hashes of event ids, of each set the last seen first.
    seen: NDArray[np.uint64]


@dataclass(frozen=True)
class ModelFile:
    """A mapped file."""

    header: NDArray[np.void]
    book: Book


def create(path: Path, size: Size, *, seed: int) -> ModelFile:
    """A new file with nothing learned. Raises ModelFileError where it cannot be written, for one on a full disk."""
    allocate(path, size.bytes)
    file = map_file(path, size, writable=True, check=False)
    header = file.header[0]
    header["magic"], header["version"] = MAGIC, VERSION
    header["size"], header["formulas"] = _numbers(size), tuple(LEARNING)
    header["seed"] = seed
    header["offsets"] = -1
    book = file.book
    book.state["free"] = size.products
    book.free[:] = np.arange(size.products - 1, -1, -1)
    for array in (book.neighbours, book.numbers, book.clicks):
        array[:] = -1
    return file


@contextmanager
def writing(path: Path, problem: str = "cannot be written") -> Iterator[None]:
    """Of a file that cannot be written nothing stays. Raises ModelFileError."""
    try:
        yield
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise ModelFileError(f"{path}: {problem}: {error.strerror}") from None


def allocate(path: Path, length: int) -> None:
    """An empty file whose every byte has its place: a mapped file with holes ends the process on a full disk."""
    with writing(path), path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, length)


def map_file(path: Path, size: Size | None, *, writable: bool, check: bool = True) -> ModelFile:
    """Maps a file of the given size, or of whichever it says itself.

    Raises ModelFileError where it cannot be read, is cut short, or is of another version, size or formula.
    """
    try:
        with path.open("r+b" if writable else "rb") as file:
            length = os.fstat(file.fileno()).st_size
            if length < HEADER.itemsize:
                raise ModelFileError(f"{path}: cut short: {length} bytes")
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            mapped = mmap.mmap(file.fileno(), 0, access=access)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read: {error.strerror}") from None
    header = np.frombuffer(mapped, HEADER, 1)
    if check:
        size = _checked_size(path, header[0], size, length)
    assert size is not None  # noqa: S101 - a file that is just being made is mapped with its size
    return ModelFile(header, _book(mapped, size))


def size_of(header: NDArray[np.void]) -> Size:
    """The size that a header tells."""
    return Size(*(int(number) for number in header["size"][0]))


def _checked_size(path: Path, header: np.void, wanted: Size | None, length: int) -> Size:
    if header["magic"] != MAGIC.rstrip(b"\0"):
        raise ModelFileError(f"{path}: not a model file")
    if header["version"] != VERSION:
        raise ModelFileError(f"{path}: of version {header['version']}; this is version {VERSION}")
    if tuple(header["formulas"]) != tuple(LEARNING):
        raise ModelFileError(f"{path}: learned with other formulas")
    size = Size(*(int(number) for number in header["size"]))
    if wanted is not None and size != wanted:
        raise ModelFileError(f"{path}: of another size: {size}, not {wanted}")
    if length < size.bytes:
        raise ModelFileError(f"{path}: cut short: {length} of {size.bytes} bytes")
    return size


def _numbers(size: Size) -> tuple[int, int, int, int]:
    return size.products, size.neighbours, size.users, size.events


def _arrays(size: Size) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Type and shape of each array of a Book."""
    products, row = size.products, (size.products, size.neighbours)
    clicks = (size.users, CLICKS_BACK + 1)
    return {
        "state": (STATE, (1,)),
        "products": (PRODUCT, (products,)),
        "neighbours": (np.dtype("<i4"), row),
        "forward": (np.dtype("<f4"), row),
        "backward": (np.dtype("<f4"), row),
        "recent": (np.dtype("<f4"), row),
        "names": (np.dtype("u1"), (products, MAX_NAME_BYTES)),
        # At most half full, so that a search ends soon.
        "numbers": (np.dtype("<i4"), (1 << (2 * products - 1).bit_length(),)),
        "free": (np.dtype("<i4"), (products,)),
        "users": (USER, (size.users,)),
        "clicks": (np.dtype("<i4"), clicks),
        "click_times": (np.dtype("<f8"), clicks),
        "seen": (np.dtype("<u8"), (size.events // SET_SIZE, SET_SIZE)),
    }


def _sections(size: Size) -> tuple[dict[str, int], int]:
    """Where each array starts, and where the last one ends."""
    starts, at = {}, _whole_pages(HEADER.itemsize)
    for name, (kind, shape) in _arrays(size).items():
        starts[name] = at
        at += _whole_pages(kind.itemsize * math.prod(shape))
    return starts, at


def _whole_pages(length: int) -> int:
    return -(-length // _PAGE) * _PAGE


def _book(mapped: mmap.mmap, size: Size) -> Book:
    starts, _ = _sections(size)
    return Book(
        **{
            name: np.frombuffer(mapped, kind, math.prod(shape), starts[name]).reshape(shape)
            for name, (kind, shape) in _arrays(size).items()
        }
    )
