"""The views of each user in Cassandra: written in batches, read newest first, hidden when deleted."""

import logging
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from cassandra import InvalidRequest, RequestValidationException
from cassandra.cluster import ResponseFuture

from vitrine.errors import SchemaError, StorageRefusedError, StorageUnavailableError
from vitrine.events import MAX_FUTURE_SECONDS, Context, ProductView, Properties
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.batches import batches
from vitrine.storage.driver.connection import WRITE_TIMEOUT_SECONDS, driver_errors
from vitrine.storage.driver.ring import ring_of
from vitrine.storage.driver.session import open_session
from vitrine.storage.tables.view_statements import ViewRow, ViewStatements

logger = logging.getLogger(__name__)

BATCHES_IN_FLIGHT = 8
RECONNECT_SECONDS = 1.0
CLOSE_SECONDS = 1.0
# A third of the views of a session repeat one (RetailRocket), so that most answers are in a first page of this size.
PAGE_ROWS_PER_PRODUCT = 2
DELETION_PAGE_ROWS = 100

# Times come from the driver without a time zone, in UTC.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
# How many values a row has; what stands before and between those of its values that have no fixed length.
_VALUES = 7
_count_and_length = struct.Struct(">Hi").pack
_long_and_length = struct.Struct(">iqi").pack
_length = struct.Struct(">i").pack
_long_and_int = struct.Struct(">iqii").pack

_GOOD_VIEW = ProductView("ProductView", "good-row", "no shopper", Properties("good-row"), Context("good-row"))


@dataclass(frozen=True)
class Refusal:
    """A row that Cassandra refuses whenever it is asked, and why."""

    row: ViewRow
    reason: str


def view_row(view: ProductView, *, time: float, now: float, retention_seconds: float) -> ViewRow | None:
    """A view as it is stored: None when it is older than the retention.

    `time` is the view's own, `now` the present, both in Unix seconds. The write time is the view's own time, so that
    a replay changes nothing; the TTL counts from it too.
    """
    ttl = int(time + retention_seconds - now)
    return None if ttl <= 0 else _packed(view, time, ttl)


def _packed(view: ProductView, time: float, ttl: int) -> ViewRow:
    """As vitrine.storage.driver.packed does it, in half of the time: neighbours of fixed length are packed at once."""
    user, message = view.userid.encode(), view.messageid.encode()
    product, source = view.properties.productid.encode(), view.context.source.encode()
    milliseconds = round(time * 1000)
    return b"".join(
        (
            _count_and_length(_VALUES, len(user)),
            user,
            _long_and_length(8, milliseconds, len(message)),
            message,
            _length(len(product)),
            product,
            _length(len(source)),
            source,
            _long_and_int(8, milliseconds * 1000, 4, ttl),
        )
    )


class ViewStore:
    """Views in Cassandra. Safe to use from several threads.

    It connects in the background, for ever, and brings the schema up to date. Until then, and whenever Cassandra
    does not answer in time, every method raises StorageUnavailableError, at once or after its time limit; only
    `write` waits a little for the first attempt to connect.
    """

    def __init__(self, settings: CassandraSettings) -> None:
        self._settings = settings
        self._statements: ViewStatements | None = None
        self._why_away = "Cassandra: not connected yet"
        self._tried = threading.Event()
        self._closed = threading.Event()
        self._connector = threading.Thread(target=self._connect_for_ever, name="cassandra", daemon=True)
        self._connector.start()

    @property
    def retention_seconds(self) -> float:
        """For how long a view is kept, from its own time."""
        return self._settings.view_retention_days * 86400

    def write(self, rows: Iterable[ViewRow]) -> list[Refusal]:
        """Writes all rows; returns once Cassandra has acknowledged each, or refused it for good.

        Rows are upserts: writing one again changes nothing. Raises StorageUnavailableError when any row may not have
        been written; others may have been, so write all of them again. Raises StorageRefusedError when Cassandra
        takes no row at all.
        """
        self._tried.wait(WRITE_TIMEOUT_SECONDS)
        statements = self._connected()
        with driver_errors():
            ring = ring_of(statements.session.cluster, self._settings.cassandra_keyspace)
            refused = _write_batches(statements, batches(rows, ring))
            if refused:
                _check_that_rows_are_taken(statements)
            return [refusal for row in refused if (refusal := _write_alone(statements, row))]

    def latest_products(self, userid: str, *, limit: int, now: float) -> list[str]:
        """The last `limit` distinct products that a user viewed, newest view first; empty for a user never seen.

        `now` is Unix seconds. What is older than the retention does not count.
        """
        products: dict[str, None] = {}
        for productid, _ in self._history(userid, now=now, first_page_rows=PAGE_ROWS_PER_PRODUCT * limit):
            products[productid] = None
            if len(products) == limit:
                break
        return list(products)

    def latest_views(self, userid: str, *, limit: int, now: float) -> list[tuple[str, float]]:
        """Product and time (Unix seconds) of the last `limit` views of a user, newest first.

        Those of a product that was deleted from the history do not count, nor what is older than the retention.
        """
        history = self._history(userid, now=now, first_page_rows=limit)
        return [(productid, (time - _EPOCH).total_seconds()) for productid, time in islice(history, limit)]

    def delete_product(self, userid: str, productid: str, *, now: float) -> bool:
        """Hides a product's views up to `now` (Unix seconds) from a user's history; False when there are none.

        Where the newest of them lies in the future (a fast clock), views up to that one are hidden.
        """
        newest = next(
            (
                time
                for product, time in self._history(userid, now=now, first_page_rows=DELETION_PAGE_ROWS)
                if product == productid
            ),
            None,
        )
        if newest is None:
            return False
        deleted_at = max(newest.replace(tzinfo=UTC).timestamp(), now)
        # The memory of the deletion outlives every view that it hides.
        ttl = int(self.retention_seconds + MAX_FUTURE_SECONDS) + 1
        with driver_errors():
            self._connected().delete_product(userid, productid, round(deleted_at * 1000), ttl)
        return True

    def check(self) -> None:
        """Raises StorageUnavailableError unless views can be read now."""
        self.latest_products("health-check", limit=1, now=0.0)

    def close(self) -> None:
        """Ends the connection, or a while later the attempt to connect; the store cannot be used any more."""
        self._closed.set()
        self._connector.join(CLOSE_SECONDS)
        if self._statements:
            self._statements.session.cluster.shutdown()

    def _history(self, userid: str, *, now: float, first_page_rows: int) -> Iterator[tuple[str, datetime]]:
        """Product and time of the views that count, newest first, read page by page as far as they are asked for."""
        statements = self._connected()
        since = round((now - self.retention_seconds) * 1000)
        deleted: dict[str, datetime] | None = None
        with driver_errors():
            for productid, time, last_deletion in statements.history(userid, since, first_page_rows):
                if last_deletion is not None and time <= last_deletion:
                    if deleted is None:
                        deleted = statements.deleted_products(userid)
                    if productid in deleted and time <= deleted[productid]:
                        continue
                yield productid, time

    def _connected(self) -> ViewStatements:
        if self._statements is None:
            raise StorageUnavailableError(self._why_away)
        return self._statements

    def _connect_for_ever(self) -> None:
        while not self._closed.is_set():
            try:
                self._statements = _open(self._settings)
            except (StorageUnavailableError, SchemaError, InvalidRequest) as error:
                self._why_away = str(error)
                logger.debug("cannot connect: %s", error)
            self._tried.set()
            if self._statements is not None:
                return
            self._closed.wait(RECONNECT_SECONDS)


def _open(settings: CassandraSettings) -> ViewStatements:
    session = open_session(settings)
    try:
        with driver_errors():
            return ViewStatements(session, settings.cassandra_keyspace)
    except BaseException:
        session.cluster.shutdown()
        raise


def _write_batches(statements: ViewStatements, pending: Iterable[list[ViewRow]]) -> list[ViewRow]:
    """Writes batches, several at a time; returns the rows of those that Cassandra refuses."""
    refused: list[ViewRow] = []
    in_flight: deque[tuple[list[ViewRow], ResponseFuture]] = deque()
    for batch in pending:
        if len(in_flight) == BATCHES_IN_FLIGHT:
            refused += _refused_rows(*in_flight.popleft())
        in_flight.append((batch, statements.write_async(batch)))
    for batch, future in in_flight:
        refused += _refused_rows(batch, future)
    return refused


def _refused_rows(batch: list[ViewRow], future: ResponseFuture) -> list[ViewRow]:
    try:
        future.result()
    except RequestValidationException:
        return batch
    return []


def _check_that_rows_are_taken(statements: ViewStatements) -> None:
    """Whose fault is it that rows are refused: theirs, or the table's, so that none is taken? A good row tells.

    It is gone after a second, and no shopper's.
    """
    good = _packed(_GOOD_VIEW, time.time(), ttl=1)
    try:
        statements.write_async([good]).result()
    except RequestValidationException as error:
        raise StorageRefusedError(f"Cassandra takes no views: {error}") from error


def _write_alone(statements: ViewStatements, row: ViewRow) -> Refusal | None:
    """Writes a row of a refused batch: was it the row's own fault, or a neighbour's?"""
    try:
        statements.write_async([row]).result()
    except RequestValidationException as error:
        return Refusal(row, f"Cassandra refuses it: {error}")
    return None
