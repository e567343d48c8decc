"""What there is to show, read from Cassandra and held in memory."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from cassandra.cluster import Session
from cassandra.query import PreparedStatement

from vitrine.errors import StorageUnavailableError
from vitrine.recommending import BestSellers, Catalogue, Shelves
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.connection import READ_TIMEOUT_SECONDS, driver_errors
from vitrine.storage.driver.session import open_session

logger = logging.getLogger(__name__)

CHECK_SECONDS = 0.5
# What Cassandra has not confirmed for this long is not shown any more.
HELD_SECONDS = 5.0
RETRY_SECONDS = 0.1
CLOSE_SECONDS = 1.0
# Less than HELD_SECONDS, so that one page that gets lost is no outage.
PAGE_TIMEOUT_SECONDS = 2.5
# The driver decodes a page in one go, while answers to shoppers wait.
PAGE_ROWS = 2000

_EDITIONS = "SELECT name, edition, previous, period FROM {keyspace}.editions"
_PRODUCTS = "SELECT productid, categoryid, created_at FROM {keyspace}.products"
_LISTS = "SELECT scope, categoryid, products FROM {keyspace}.best_sellers WHERE edition = ?"


class _Editions(NamedTuple):
    """Which lists count now."""

    catalogue: UUID | None
    best_sellers: UUID | None
    previous_best_sellers: UUID | None
    period: str


@dataclass(frozen=True)
class _Held:
    editions: _Editions
    catalogue: Catalogue
    best_sellers: BestSellers
    shelves: Shelves


class ShelfStore:
    """The catalogue and the best-seller lists, held in memory. Safe to use from several threads.

    It connects in the background, for ever, brings the schema up to date, and asks every CHECK_SECONDS whether there
    is a new edition of a list. That is read whole, then takes the place of the old one, which is shown until then:
    200,000 products take 2 to 4 s.
    """

    def __init__(self, settings: CassandraSettings) -> None:
        self._settings = settings
        self._reader: _Reader | None = None
        self._held: _Held | None = None
        self._why_away = "Cassandra: the catalogue has not been read yet"
        self._confirmed_at = float("-inf")
        self._answer = threading.Condition()
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="shelves", daemon=True)
        self._keeper.start()

    def current(self) -> Shelves:
        """What there is to show, at once as a rule; empty where nothing was ever stored.

        What was not confirmed for HELD_SECONDS may be out of date: then Cassandra is asked first. Raises
        StorageUnavailableError when it does not answer soon.
        """
        if not self._is_fresh():
            self._wanted.set()
            with self._answer:
                self._answer.wait_for(self._is_fresh, READ_TIMEOUT_SECONDS)
        if self._held is None or not self._is_fresh():
            raise StorageUnavailableError(self._why_away)
        return self._held.shelves

    def close(self) -> None:
        """Ends the connection, or a while later the attempt to connect; the store cannot be used any more."""
        self._closed.set()
        self._wanted.set()
        self._keeper.join(CLOSE_SECONDS)
        if self._reader:
            self._reader.close()

    def _is_fresh(self) -> bool:
        return self._held is not None and time.monotonic() - self._confirmed_at <= HELD_SECONDS

    def _keep(self) -> None:
        while not self._closed.is_set():
            self._wanted.clear()
            try:
                if self._reader is None:
                    self._reader = _Reader(self._settings, self._note_page)
                began = time.monotonic()
                self._held = _refreshed(self._held, self._reader)
                self._confirmed_at = max(self._confirmed_at, began)
            except Exception as error:  # noqa: BLE001 - a thread that ended would never read anything again
                self._note_failure(str(error))
                self._closed.wait(RETRY_SECONDS)
            with self._answer:
                self._answer.notify_all()
            self._wanted.wait(CHECK_SECONDS)

    def _note_page(self, asked_at: float) -> None:
        """While a list is read, the one before it stays good, unless it was too old already."""
        if self._is_fresh():
            self._confirmed_at = asked_at

    def _note_failure(self, why: str) -> None:
        """One check that fails is nothing; once what is held is too old, the log says so, once for each reason."""
        if why != self._why_away and not self._is_fresh():
            logger.warning("cannot read the catalogue and the best sellers: %s", why)
            self._why_away = why


def _refreshed(held: _Held | None, reader: "_Reader") -> _Held:
    """What counts now, of which only what has a new edition is read. Raises StorageUnavailableError."""
    editions = reader.editions()
    if held and editions == held.editions:
        return held
    same_catalogue = held and editions.catalogue == held.editions.catalogue
    catalogue = held.catalogue if held and same_catalogue else reader.catalogue(editions)
    same_best_sellers = held and editions.best_sellers == held.editions.best_sellers
    best_sellers = held.best_sellers if held and same_best_sellers else reader.best_sellers(editions)
    now = reader.editions()
    if editions.best_sellers not in (now.best_sellers, now.previous_best_sellers):
        # It may have been removed while it was read.
        raise StorageUnavailableError("Cassandra: the best sellers were replaced twice while they were read")
    return _Held(editions, catalogue, best_sellers, Shelves.of(catalogue, best_sellers))


class _Reader:
    """The queries. `on_page` is told of each page that arrives the moment at which it was asked for."""

    def __init__(self, settings: CassandraSettings, on_page: Callable[[float], None]) -> None:
        self._on_page = on_page
        self._session: Session = open_session(settings)
        self._keyspace = settings.cassandra_keyspace
        try:
            with driver_errors():
                self._editions = self._prepare(_EDITIONS)
                self._products = self._prepare(_PRODUCTS)
                self._lists = self._prepare(_LISTS)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._session.cluster.shutdown()

    def editions(self) -> _Editions:
        found = {name: (edition, previous, period) for name, edition, previous, period in self._rows(self._editions)}
        none = (None, None, None)
        edition, previous, period = found.get("best_sellers", none)
        return _Editions(found.get("catalogue", none)[0], edition, previous, period or "")

    def catalogue(self, editions: _Editions) -> Catalogue:
        if editions.catalogue is None:
            return Catalogue()
        return Catalogue.of(list(self._rows(self._products)))

    def best_sellers(self, editions: _Editions) -> BestSellers:
        if editions.best_sellers is None:
            return BestSellers()
        overall: list[str] = []
        of_categories: dict[str, list[str]] = {}
        for scope, category, products in self._rows(self._lists, editions.best_sellers):
            if scope == "overall":
                overall = products or []
            else:
                of_categories[category] = products or []
        return BestSellers(editions.period, overall, of_categories)

    def _prepare(self, query: str) -> PreparedStatement:
        statement = self._session.prepare(query.format(keyspace=self._keyspace))
        statement.fetch_size = PAGE_ROWS
        statement.is_idempotent = True
        return statement

    def _rows(self, statement: PreparedStatement, *values: object) -> Iterator[tuple[Any, ...]]:
        with driver_errors():
            asked_at = time.monotonic()
            result = self._session.execute(statement, values, timeout=PAGE_TIMEOUT_SECONDS)
            while True:
                self._on_page(asked_at)
                yield from result.current_rows
                if not result.has_more_pages:
                    return
                asked_at = time.monotonic()
                result.fetch_next_page()
