"""One sum over the worker processes of a server: each counts in files of a folder, and any shows them all."""

import fcntl
import os
from itertools import count
from pathlib import Path
from typing import IO

from prometheus_client import values

_MEMORY = Path("/dev/shm")  # noqa: S108 - names in it are made at random
# By which the client finds the folder.
_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Open, and so locked, for as long as this process lives.
_held: list[IO[bytes]] = []


def in_memory() -> str | None:
    """Where to put such a folder: a count would wait for a busy disk. None where a system has nothing of the kind."""
    return str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None


def is_shared() -> bool:
    """Whether this process has joined others."""
    return bool(_held)


def join(folder: Path) -> None:
    """Counts in this folder from now on; called once, before the module that declares the metrics is imported.

    The files of a worker that has ended, however it ended, are taken over by the next one, counts included: nothing
    that was counted is lost, and there are never more files than workers. The client's own way names files after
    process ids, and leaves those of each worker that died.
    """
    os.environ[_FOLDER_VARIABLE] = str(folder)
    place = _free_place(folder)
    values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]


def _free_place(folder: Path) -> int:
    """The first number that no living process has; the system frees it when a process ends."""
    for place in count():
        lock = (folder / f"{place}.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _held.append(lock)
        break
    return place
