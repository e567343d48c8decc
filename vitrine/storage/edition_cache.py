"""A list that is read whole whenever it has a new edition, and held in memory."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from vitrine.errors import StorageUnavailableError
from vitrine.storage.tables.editions import Edition

logger = logging.getLogger(__name__)

CHECK_SECONDS = 0.5
# What Cassandra has not confirmed for this long is not shown any more.
SHOWN_SECONDS = 5.0
RETRY_SECONDS = 0.1
CLOSE_SECONDS = 1.0

Value = TypeVar("Value")
Row = tuple[Any, ...]


class EditionCache(Generic[Value]):
    """The current edition of one list. Safe to use from several threads.

    A thread asks every CHECK_SECONDS which edition is current. A new one is read whole, then replaces the old one.
    Until then the old one is shown, as long as pages come in: 200,000 products take 2 to 4 s. A read that fails does
    not extend that time. What could not be confirmed for SHOWN_SECONDS is out of date: it is not shown, and the log
    says why. Between editions `update` may bring the value up to date, with each check.
    """

    def __init__(
        self,
        name: str,
        *,
        edition: Callable[[], Edition],
        pages: Callable[[Edition], Iterator[Sequence[Row]]],
        build: Callable[[Edition, Iterable[Row]], Value],
        update: Callable[[Value], Value] = lambda value: value,
    ) -> None:
        """`name` is for people; `build` makes the value of an edition's rows.

        `update` gives the value itself when nothing is new; otherwise it is asked again at once.
        """
        self._name = name
        self._edition, self._pages, self._build, self._update = edition, pages, build, update
        self._cached: tuple[Edition, Value] | None = None
        self._why_away = f"Cassandra: the {name} has not been read yet"
        self._is_away = False
        # Seconds of the monotonic clock: when the held edition was last known to be the current one (or the cache was
        # made), and when the last page was asked for of the edition that is being read.
        self._confirmed_at, self._progress_at = time.monotonic(), float("-inf")
        self._answer = threading.Condition()
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=name, daemon=True)
        self._keeper.start()

    def ask(self) -> None:
        """Has the edition checked now if it may be out of date; does not wait for that."""
        if not self._is_fresh():
            self._wanted.set()

    def current(self, wait_seconds: float) -> Value:
        """The value, as a rule without waiting. If it may be out of date, waits until it was checked.

        Raises StorageUnavailableError when that takes longer than `wait_seconds`.
        """
        if not self._is_fresh():
            self._wanted.set()
            with self._answer:
                self._answer.wait_for(self._is_fresh, wait_seconds)
        held = self._cached
        if held is None or not self._is_fresh():
            raise StorageUnavailableError(self._why_away)
        return held[1]

    def close(self) -> None:
        """Ends the thread; the cache cannot be used any more."""
        self._closed.set()
        self._wanted.set()
        self._keeper.join(CLOSE_SECONDS)

    def _is_fresh(self) -> bool:
        return self._cached is not None and not self._is_too_old()

    def _is_too_old(self) -> bool:
        return time.monotonic() - max(self._confirmed_at, self._progress_at) > SHOWN_SECONDS

    def _keep(self) -> None:
        while not self._closed.is_set():
            self._wanted.clear()
            try:
                self._refresh()
            except Exception as error:  # noqa: BLE001 - a thread that ended would never read anything again
                self._progress_at = float("-inf")
                self._note_failure(str(error) or repr(error))
                self._closed.wait(RETRY_SECONDS)
            with self._answer:
                self._answer.notify_all()
            self._wanted.wait(CHECK_SECONDS)

    def _refresh(self) -> None:
        """Raises StorageUnavailableError."""
        began = time.monotonic()
        edition = self._edition()
        if self._cached is None or edition != self._cached[0]:
            self._cached = (edition, self._build(edition, self._rows(edition, began)))
        value = self._cached[1]
        updated = self._update(value)
        if updated is not value:
            self._cached = (edition, updated)
            self._wanted.set()
        self._confirmed_at, self._progress_at = began, float("-inf")
        if self._is_away:
            self._is_away = False
            logger.warning("the %s can be read again", self._name)

    def _rows(self, edition: Edition, asked_at: float) -> Iterator[Row]:
        for page in self._pages(edition):
            if self._is_fresh():
                self._progress_at = asked_at
            yield from page
            asked_at = time.monotonic()

    def _note_failure(self, why: str) -> None:
        """One or two failures do not matter. Once what is held is too old, the log says so, once for each reason."""
        if self._is_too_old() and not (self._is_away and why == self._why_away):
            logger.warning("cannot read the %s: %s", self._name, why)
            self._is_away = True
        self._why_away = why
