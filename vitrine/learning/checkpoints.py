"""Copies of the model file from which learning goes on after a crash, exactly.

Two files take turns, so that one of them is always whole: a copy is written beside the older one, gets a checksum, is
forced to the disk, and takes the older one's name. The offsets up to which it has learned are in the copy: what came
after is learned again from Kafka, which has to keep more than the last two intervals.
"""

import logging
import os
import shutil
import zlib
from pathlib import Path

from vitrine.errors import ModelFileError
from vitrine.learning.layout import Size, map_file, writing

logger = logging.getLogger(__name__)

_NAMES = ("checkpoint-0", "checkpoint-1")
_TRAILER_BYTES = 8
_NO_CHECKPOINT = "no checkpoint, the one before it stays"
_BLOCK_BYTES = 1 << 20


def copy_model(model: Path, number: int) -> Path:
    """Copies a model file beside the checkpoints, while nobody writes to it. Raises ModelFileError: a full disk."""
    copy = model.with_name(f"{_NAMES[number % 2]}.new")
    with writing(copy, _NO_CHECKPOINT):
        shutil.copyfile(model, copy)
    return copy


def finish(copy: Path) -> None:
    """Makes a copy the newest checkpoint. Raises ModelFileError; the older checkpoints stay as they are then."""
    with writing(copy, _NO_CHECKPOINT):
        with copy.open("r+b") as file:
            checksum = _checksum(copy, copy.stat().st_size)
            file.seek(0, os.SEEK_END)
            file.write(checksum.to_bytes(_TRAILER_BYTES, "little"))
            file.flush()
            os.fsync(file.fileno())
        copy.replace(copy.with_suffix(""))
        sync_folder(copy.parent)


def newest_checkpoint(folder: Path, size: Size) -> Path | None:
    """The newest checkpoint that is whole; None where there is none at all.

    Raises ModelFileError, which says what is wrong with each, where there are some and none can be used.
    """
    usable: dict[int, Path] = {}
    problems = []
    for path in (folder / name for name in _NAMES):
        if path.exists():
            try:
                usable[_checked_number(path, size)] = path
            except ModelFileError as error:
                problems.append(str(error))
    if not usable and problems:
        raise ModelFileError("; ".join(problems))
    for problem in problems:
        logger.warning("the other checkpoint is used: %s", problem)
    return usable[max(usable)] if usable else None


def remove_checkpoints(folder: Path) -> None:
    """So that learning starts anew."""
    for name in _NAMES:
        (folder / name).unlink(missing_ok=True)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Forces names that were given in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checked_number(path: Path, size: Size) -> int:
    header = map_file(path, size, writable=False).header
    expected = size.bytes + _TRAILER_BYTES
    if (length := path.stat().st_size) != expected:
        raise ModelFileError(f"{path}: {length} bytes long, not {expected}")
    with path.open("rb") as file:
        file.seek(size.bytes)
        if int.from_bytes(file.read(_TRAILER_BYTES), "little") != _checksum(path, size.bytes):
            raise ModelFileError(f"{path}: damaged: its checksum does not fit")
    return int(header["checkpoint"][0])


def _checksum(path: Path, length: int) -> int:
    checksum = 0
    with path.open("rb") as file:
        while length > 0 and (block := file.read(min(length, _BLOCK_BYTES))):
            checksum = zlib.crc32(block, checksum)
            length -= len(block)
    return checksum
