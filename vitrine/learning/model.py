"""The model that learns: the one writer of a model file."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ModelFileError
from vitrine.learning.checkpoints import copy_model, finish, newest_checkpoint, remove_checkpoints
from vitrine.learning.formulas import LEARNING, SECONDS_A_DAY
from vitrine.learning.layout import MAX_PARTITIONS, ModelFile, Size, create, map_file, writing
from vitrine.learning.teaching import Batch, Rules, drop_unviewed, forget_session, learn_batch
from vitrine.learning.texts import texts_of

MODEL_FILE = "model"
# float32 holds 2 ** 127: sums of this many half-lives since the landmark leave room for many clicks.
_MAX_HALF_LIVES = 64
# Purchases have sessions of their own: they arrive late, and would end the session that is open. So have carts, as what
# is put into one was viewed a moment before.
_STREAM_KEYS = (np.uint64(0), np.uint64(0xA5A5A5A5A5A5A5A5), np.uint64(0x5A5A5A5A5A5A5A5A))


class Stream(IntEnum):
    """What is learned from, each with the topic that it comes out of: carts from that of shop events."""

    VIEWS = 0
    PURCHASES = 1
    CARTS = 2


@dataclass(frozen=True)
class Policy:
    """What counts, and how much."""

    # What a purchase counts where a view counts 1, and what a product that was put into a cart.
    purchase_weight: float = 1.0
    cart_weight: float = 1.0
    # Who views more on a day is no person, and teaches nothing more on that day.
    max_views_a_day: int = 1000


DEFAULT_POLICY = Policy()


class Events(NamedTuple):
    """Of one kind, as columns; times are Unix seconds."""

    users: Sequence[str]
    products: Sequence[str]
    ids: Sequence[str]
    times: Sequence[float]


class _Lock:
    """Whoever holds it may write in a folder."""

    def __init__(self, folder: Path) -> None:
        with writing(folder / "lock"):
            self._file = (folder / "lock").open("wb")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise ModelFileError(f"{folder}: another learner writes here") from None

    def release(self) -> None:
        """Also done by the end of the process."""
        self._file.close()


class Model:
    """A model file and what writes to it. For one thread.

    What it promises: an event that was seen lately (`Size.events`) counts once; the order of a session's clicks and of
    users does not matter; offsets and what was learned up to them are in the same file, so that after kill -9 a start
    from the newest checkpoint, and the same events again, gives what an uninterrupted run gives.
    """

    def __init__(self, file: ModelFile, lock: _Lock, path: Path, policy: Policy) -> None:
        self._file = file
        self._lock = lock
        self._path = path
        self._policy = policy
        self._finisher = ThreadPoolExecutor(1, "checkpoint")

    @classmethod
    def open(
        cls,
        folder: Path,
        size: Size,
        *,
        anew: bool = False,
        policy: Policy = DEFAULT_POLICY,
        seed: int | None = None,
    ) -> Self:
        """Goes on from the newest checkpoint, in a new generation of the file; from nothing where there is none.

        Raises ModelFileError where there are checkpoints that cannot be used: it says why, and `anew` leaves them.
        """
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        lock = _Lock(folder)
        try:
            if anew:
                remove_checkpoints(folder)
            file = _next_generation(folder, size, secrets.randbits(64) if seed is None else seed)
        except ModelFileError:
            lock.release()
            raise
        return cls(file, lock, folder / MODEL_FILE, policy)

    @property
    def path(self) -> Path:
        """Where readers find the file."""
        return self._path

    @property
    def newest(self) -> float | None:
        """Unix seconds of the newest event that was learned."""
        state = self._file.book.state[0]
        return float(state["newest"]) if state["clicks"] else None

    @property
    def counts(self) -> dict[str, int]:
        """What was learned and what not, since the model began."""
        state = self._file.book.state[0]
        return {"learned": int(state["clicks"]), "repeated": int(state["repeated"]), "robots": int(state["robots"])}

    def offsets(self, stream: Stream) -> dict[int, int]:
        """Of each partition that anything was learned from, the offset to go on with."""
        offsets = self._file.header["offsets"][0, stream]
        return {int(partition): int(offsets[partition]) for partition in np.flatnonzero(offsets >= 0)}

    def learn(self, events: Events, *, stream: Stream = Stream.VIEWS, offsets: Mapping[int, int] | None = None) -> None:
        """Learns events, and that the stream goes on with these offsets. Times lie in the past."""
        if len(events.times):
            self._keep_in_range(events.times)
            learn_batch(self._file.book, self._rules(stream, weight=1, is_new=True), self._batch(events, stream))
        self.advance(stream, offsets or {})

    def advance(self, stream: Stream, offsets: Mapping[int, int]) -> None:
        """The stream goes on with these offsets. Raises ModelFileError for a partition that a model does not count."""
        for partition, offset in offsets.items():
            if partition >= MAX_PARTITIONS:
                raise ModelFileError(f"partition {partition}: a model counts those below {MAX_PARTITIONS}")
            self._file.header["offsets"][0, stream, partition] = offset

    def forget(
        self,
        user: str,
        stored: Sequence[tuple[str, str, float]],
        *,
        keeping: Sequence[tuple[str, str, float]] = (),
        stream: Stream = Stream.VIEWS,
    ) -> None:
        """Takes back what a person's stored events (product, event id, time) taught, but for those that are kept.

        `stored` is all there is of the person, as it was before anything was deleted. What has been dropped since to
        make room stays dropped; a sum from which too much is taken is nothing.
        """
        events, kept = self._of_person(user, stored), self._of_person(user, keeping)
        book, batch = self._file.book, self._batch(events, stream)
        key = self._user_keys([user], stream)[0]
        forget_session(book, key)
        learn_batch(book, self._rules(stream, weight=-1, is_new=False), batch)
        forget_session(book, key)
        learn_batch(book, self._rules(stream, weight=1, is_new=False), self._batch(kept, stream))
        drop_unviewed(book, batch.products)

    def checkpoint(self) -> Future[None]:
        """Copies the model now and makes the copy the newest checkpoint in the background.

        The result raises ModelFileError where it could not be written: the one before it stays.
        """
        header = self._file.header[0]
        header["checkpoint"] += 1
        done: Future[None] = Future()
        try:
            self._finisher.submit(lambda: None).result()
            copy = copy_model(self._path, int(header["checkpoint"]))
        except ModelFileError as error:
            header["checkpoint"] -= 1
            done.set_exception(error)
            return done
        return self._finisher.submit(finish, copy)

    def close(self) -> None:
        """Waits for a checkpoint that is being written; nothing can be learned any more."""
        self._finisher.shutdown()
        self._lock.release()

    def _rules(self, stream: Stream, *, weight: int, is_new: bool) -> Rules:
        policy = self._policy
        counts = {Stream.VIEWS: 1.0, Stream.PURCHASES: policy.purchase_weight, Stream.CARTS: policy.cart_weight}
        return Rules(LEARNING, weight * counts[stream], is_new, policy.max_views_a_day)

    def _batch(self, events: Events, stream: Stream) -> Batch:
        seed = int(self._file.header["seed"][0])
        users = self._user_keys(events.users, stream)
        ids = texts_of(events.ids, seed).keys
        # An id is one event's of one user only.
        keys = np.maximum(ids ^ (users << np.uint64(1)), np.uint64(1))
        return Batch(texts_of(events.products, seed), keys, users, np.asarray(events.times, np.float64))

    def _user_keys(self, users: Sequence[str], stream: Stream) -> NDArray[np.uint64]:
        keys = texts_of(users, int(self._file.header["seed"][0])).keys
        keys ^= _STREAM_KEYS[stream]
        return np.maximum(keys, np.uint64(1), out=keys)

    def _of_person(self, user: str, stored: Sequence[tuple[str, str, float]]) -> Events:
        """In order of time, each event id once, as far as anything of it can have been learned."""
        newest = self.newest
        first: dict[str, tuple[str, float]] = {}
        for product, identity, time in sorted(stored, key=lambda event: event[2]):
            first.setdefault(identity, (product, time))
        known = [item for item in first.items() if newest is not None and item[1][1] <= newest]
        return Events(
            [user] * len(known),
            [product for _, (product, _) in known],
            [identity for identity, _ in known],
            [time for _, (_, time) in known],
        )

    def _keep_in_range(self, times: Sequence[float]) -> None:
        """Moves the landmarks where sums would become too large for their type."""
        state = self._file.book.state[0]
        if not state["clicks"]:
            state["landmark_long"] = state["landmark_recent"] = np.floor(times[0] / SECONDS_A_DAY) * SECONDS_A_DAY
        newest = max(times)
        long = int((newest - state["landmark_long"]) / (SECONDS_A_DAY * LEARNING.long))
        recent = int((newest - state["landmark_recent"]) / (SECONDS_A_DAY * LEARNING.recent))
        if max(long, recent) > _MAX_HALF_LIVES:
            self._move_landmarks(max(0, long), max(0, recent))

    def _move_landmarks(self, long: int, recent: int) -> None:
        """By whole half-lives, so that sums stay exact; in a new generation, so that no reader sees half of it."""
        new = self._path.with_name(f"{MODEL_FILE}.new")
        file = _copied(self._path, new, None)
        book, state = file.book, file.book.state[0]
        state["landmark_long"] += long * LEARNING.long * SECONDS_A_DAY
        state["landmark_recent"] += recent * LEARNING.recent * SECONDS_A_DAY
        for array in (book.forward, book.backward, book.products["pairs_long"], book.products["long"]):
            np.ldexp(array, -long, out=array)
        for array in (book.recent, book.products["pairs_recent"], book.products["recent"]):
            np.ldexp(array, -recent, out=array)
        state["total_long"] = np.ldexp(state["total_long"], -long)
        state["total_recent"] = np.ldexp(state["total_recent"], -recent)
        file.header["generation"] += 1
        new.replace(self._path)
        self._file = file


def _next_generation(folder: Path, size: Size, seed: int) -> ModelFile:
    """The newest checkpoint, or an empty model, in the place of the model that was there before."""
    checkpoint = newest_checkpoint(folder, size)
    path, new = folder / MODEL_FILE, folder / f"{MODEL_FILE}.new"
    file = create(new, size, seed=seed) if checkpoint is None else _copied(checkpoint, new, size)
    file.header["generation"] = _generation_of(path) + 1
    new.replace(path)
    return file


def _generation_of(path: Path) -> int:
    """Of the model that was there before; 0 where none was, or none that can be read."""
    try:
        return int(map_file(path, None, writable=False).header["generation"][0])
    except ModelFileError:
        return 0


def _copied(source: Path, target: Path, size: Size | None) -> ModelFile:
    """A copy of a model file, or of a checkpoint without its checksum, to go on with."""
    with writing(target):
        shutil.copyfile(source, target)
        if size is not None:
            os.truncate(target, size.bytes)
    return map_file(target, size, writable=True)
