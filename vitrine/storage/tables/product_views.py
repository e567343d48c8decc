"""The views of each user in Cassandra: written in batches, read newest first, hidden when deleted."""

import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import chain, islice
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from cassandra import RequestValidationException
from cassandra.cluster import ResponseFuture, ResultSet

from vitrine.canary import is_canary
from vitrine.errors import SchemaError, StorageRefusedError
from vitrine.events import MAX_FUTURE_SECONDS, Context, ProductView, Properties
from vitrine.identity import is_visitor, owner
from vitrine.storage.driver.batches import batches
from vitrine.storage.driver.bulk import ids, scan
from vitrine.storage.driver.connection import (
    BULK_PROFILE,
    BULK_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    WRITE_PROFILE,
    WRITE_TIMEOUT_SECONDS,
    driver_errors,
)
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.packed import UNSET, PackedRow, as_long, pack, unlogged_batch
from vitrine.storage.driver.reads import read
from vitrine.storage.driver.ring import ring_of
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import microseconds, seconds
from vitrine.storage.tables.identities import IdentityStore

BATCHES_IN_FLIGHT = 8
# A third of the views of a session repeat one (RetailRocket), so that most answers are in a first page of this size.
PAGE_ROWS_PER_PRODUCT = 2
DELETION_PAGE_ROWS = 100
EXPORT_PAGE_ROWS = 1000

# The packed values of an INSERT: those of _COLUMNS and _USING.
ViewRow = PackedRow

# What stands before and between those values of a row that have no fixed length.
_count_and_length = struct.Struct(">Hi").pack
_long_and_length = struct.Struct(">iqi").pack
_length = struct.Struct(">i").pack
_long_and_int = struct.Struct(">iqii").pack
# The value true, after its length.
_UNCOUNTED = b"\x00\x00\x00\x01\x01"

_GOOD_VIEW = ProductView("ProductView", "good-message", "no shopper", Properties("good-row"), Context("good-source"))


# What an INSERT binds, in this order: the columns, then what USING names, write time (µs) and TTL (s).
_COLUMNS = ("userid", "messagetime", "messageid", "productid", "source", "uncounted")
_USING = ("TIMESTAMP", "TTL")


Row = TypeVar("Row")


@dataclass(frozen=True)
class Refusal(Generic[Row]):
    """A row that Cassandra refuses every time, and why."""

    row: Row
    reason: str


class StoredView(NamedTuple):
    """A view as it stands in the table; `time` is in Unix seconds."""

    userid: str
    productid: str
    messageid: str
    time: float


class KeptView(NamedTuple):
    """A view as an export tells it."""

    productid: str
    messageid: str
    source: str
    viewed_at: datetime
    # True where it was over a cap when it was posted, and is not learned from; else None.
    uncounted: bool | None


class ErasedViews(NamedTuple):
    """How many views and how many remembered deletions there were."""

    views: int
    deletions: int


def view_row(
    view: ProductView, *, time: float, now: float, retention_seconds: float, is_uncounted: bool = False
) -> ViewRow | None:
    """A view as it is stored: None when it is older than the retention.

    `time` is the view's own, `now` is now, both in Unix seconds. The write time is the view's own time, so that
    a replay changes nothing; the TTL counts from it too. What `is_uncounted` is not to be learned from.
    """
    ttl = int(time + retention_seconds - now)
    return None if ttl <= 0 else _packed(view, time, ttl, _UNCOUNTED if is_uncounted else UNSET)


def _packed(view: ProductView, time: float, ttl: int, uncounted: bytes) -> ViewRow:
    """As vitrine.storage.driver.packed does it, in half of the time: neighbours of fixed length are packed at once."""
    user, message = view.userid.encode(), view.messageid.encode()
    product, source = view.properties.productid.encode(), view.context.source.encode()
    milliseconds = round(time * 1000)
    return b"".join(
        (
            _count_and_length(len(_COLUMNS) + len(_USING), len(user)),
            user,
            _long_and_length(8, milliseconds, len(message)),
            message,
            _length(len(product)),
            product,
            _length(len(source)),
            source,
            uncounted,
            _long_and_int(8, milliseconds * 1000, 4, ttl),
        )
    )


def _check_order() -> None:
    """Raises SchemaError at import where _packed() and the INSERT differ in the order of their values."""
    milliseconds, ttl = 1_000, 60
    values = {
        "userid": _GOOD_VIEW.userid.encode(),
        "messagetime": milliseconds.to_bytes(8),
        "messageid": _GOOD_VIEW.messageid.encode(),
        "productid": _GOOD_VIEW.properties.productid.encode(),
        "source": _GOOD_VIEW.context.source.encode(),
        "uncounted": b"\x01",
        "TIMESTAMP": (milliseconds * 1000).to_bytes(8),
        "TTL": ttl.to_bytes(4),
    }
    if _packed(_GOOD_VIEW, milliseconds / 1000, ttl, _UNCOUNTED) != pack(
        [values[name] for name in (*_COLUMNS, *_USING)]
    ):
        raise SchemaError("rows of product_views are not packed in the order of the INSERT's columns")


_check_order()


class ViewStore:
    """The table product_views. Safe to use from several threads.

    While Cassandra is away, or does not answer in time, every method raises StorageUnavailableError, at once or after
    its time limit; only `write` waits a little for the first attempt to connect.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._identities = IdentityStore(link)
        self._insert = link.statement(
            insert("product_views", _COLUMNS, constants={"event": "'ProductView'"}, using=_USING)
        )
        # The lower bound keeps a read away from rows that have expired: to Cassandra they are tombstones, and it fails
        # a read that meets 100,000 of them.
        self._history = link.statement(
            select(
                "product_views",
                ("productid", "messagetime", "last_deletion", "has_visitors"),
                where="userid = ? AND messagetime > ?",
            )
        )
        self._deleted = link.statement(select("product_views", ("deleted_products",), where="userid = ? LIMIT 1"))
        # Written with the moment of the deletion, so that of two deletions the later one stays whatever the order of
        # arrival.
        self._delete = link.statement(
            "UPDATE {keyspace}.product_views USING TIMESTAMP ? AND TTL ?"
            " SET deleted_products[?] = ?, last_deletion = ? WHERE userid = ?"
        )

        self._kept = link.statement(
            select(
                "product_views",
                ("productid", "messageid", "source", "messagetime", "uncounted"),
                where="userid = ? AND messagetime > ?",
            )
        )
        self._count = link.statement(
            "SELECT count(*) FROM {keyspace}.product_views WHERE userid = ? AND messagetime > ? AND messagetime <= ?"
        )
        self._later = link.statement(
            select("product_views", ("messagetime", "messageid"), where="userid = ? AND messagetime > ?")
        )
        self._deletions = link.statement(
            select("product_views", ("deleted_products", "last_deletion"), where="userid = ? LIMIT 1")
        )
        self._erase = link.statement("DELETE FROM {keyspace}.product_views USING TIMESTAMP ? WHERE userid = ?")
        self._erase_deletions = link.statement(
            "DELETE deleted_products, last_deletion FROM {keyspace}.product_views USING TIMESTAMP ? WHERE userid = ?"
        )
        self._erase_later = link.statement(
            "DELETE FROM {keyspace}.product_views USING TIMESTAMP ?"
            " WHERE userid = ? AND messagetime = ? AND messageid = ?"
        )
        self._userids = link.statement("SELECT DISTINCT userid FROM {keyspace}.product_views")
        # The bound of time is that of a history: what has expired is passed over unread.
        self._scan = link.statement(
            select(
                "product_views",
                ("userid", "productid", "messageid", "messagetime", "last_deletion", "uncounted"),
                where="token(userid) > ? AND token(userid) <= ? AND messagetime > ? ALLOW FILTERING",
            )
        )

    @property
    def retention_seconds(self) -> float:
        """For how long a view is kept, from its own time."""
        return self._link.settings.view_retention_days * 86400

    def write(self, rows: Iterable[ViewRow]) -> list[Refusal[ViewRow]]:
        """Writes all rows; returns once Cassandra has acknowledged each, or refused it for good.

        Rows are upserts: writing one again changes nothing. Raises StorageUnavailableError when any row may not have
        been written; others may have been, so write all of them again. Raises StorageRefusedError when Cassandra
        takes no row at all.
        """
        self._link.wait_for_first_attempt(WRITE_TIMEOUT_SECONDS)
        ring = ring_of(self._link.session.cluster, self._link.keyspace)
        with driver_errors():
            refused = self._write_batches(batches(rows, ring))
            if refused:
                self._check_that_rows_are_taken()
            return [refusal for row in refused if (refusal := self._write_alone(row))]

    def latest_products(self, userid: str, *, limit: int, now: float) -> list[str]:
        """The last `limit` distinct products that a user viewed, newest view first; empty for a user never seen.

        `now` is Unix seconds. What is older than the retention does not count.
        """
        products: dict[str, None] = {}
        for productid, _ in self._views(userid, now=now, first_page_rows=PAGE_ROWS_PER_PRODUCT * limit):
            products[productid] = None
            if len(products) == limit:
                break
        return list(products)

    def latest_views(self, userid: str, *, limit: int, now: float) -> list[tuple[str, float]]:
        """Product and time (Unix seconds) of the last `limit` views of a user, newest first.

        Those of a product that was deleted from the history do not count, nor what is older than the retention.
        """
        views = self._views(userid, now=now, first_page_rows=limit)
        return [(productid, seconds(time)) for productid, time in islice(views, limit)]

    def all_views(self, *, now: float) -> Iterator[list[StoredView]]:
        """Every shopper's views that are learned from, page by page; in no order but that a user's come together.

        Those over a cap when they were posted do not count, those of a product that was deleted from a history, and
        what is older than the retention; `now` is Unix seconds.
        """
        since = datetime.fromtimestamp(now - self.retention_seconds, UTC)
        for page in scan(self._link, self._scan, since):
            deleted: dict[str, dict[str, datetime]] = {}
            found = []
            for userid, productid, messageid, viewed, last_deletion, uncounted in page:
                if uncounted or is_canary(userid):
                    continue
                if last_deletion is not None and viewed <= last_deletion:
                    if userid not in deleted:
                        with driver_errors():
                            deleted[userid] = self._deleted_products(userid.encode())
                    if productid in deleted[userid] and viewed <= deleted[userid][productid]:
                        continue
                found.append(StoredView(userid, productid, messageid, seconds(viewed)))
            yield found

    def kept_views(self, userid: str, *, now: float) -> Iterator[KeptView]:
        """Every view of a user that is stored, newest first, also of products that were deleted from the history.

        `now` is Unix seconds; what is older than the retention does not count.
        """
        since = as_long(round((now - self.retention_seconds) * 1000))
        with driver_errors():
            for row in read(
                self._link,
                self._kept,
                (userid.encode(), since),
                first_page_rows=EXPORT_PAGE_ROWS,
                timeout=BULK_TIMEOUT_SECONDS,
            ):
                yield KeptView(*row)

    def kept_view(self, userid: str, messageid: str, *, among: int, now: float) -> KeptView | None:
        """A view as it is stored, if it is among so many of a user's newest; `now` is Unix seconds."""
        since = as_long(round((now - self.retention_seconds) * 1000))
        with driver_errors():
            rows = islice(read(self._link, self._kept, (userid.encode(), since), first_page_rows=among), among)
            return next((KeptView(*row) for row in rows if row[1] == messageid), None)

    def deletions(self, userid: str) -> dict[str, datetime]:
        """Product -> moment of its deletion from a user's history, as far as it is remembered."""
        with driver_errors():
            return self._deleted_products(userid.encode())

    def userids(self) -> Iterator[str]:
        """Every user of whom there is anything."""
        return ids(self._link, self._userids)

    def erase(self, userid: str, *, until: int, now: float, also_later: bool) -> ErasedViews:
        """Removes all that a user did up to `until` (Unix milliseconds); returns how much that was.

        The write time of a view is the view's own: what was viewed up to then is hidden also where it arrives later,
        as long as Cassandra keeps the tombstone, and what is viewed after it counts. `also_later` removes as well what
        is stored now with a later time, one by one: at the moment itself these are views from a fast clock, later they
        would be the person's new ones. `now` is Unix seconds. Doing it again changes nothing.
        """
        with driver_errors():
            since = datetime.fromtimestamp(now - self.retention_seconds, UTC)
            moment = datetime.fromtimestamp(until / 1000, UTC)
            ((views,),) = self._execute(self._count, userid, since, moment)
            deleted, last_deletion = next(iter(self._execute(self._deletions, userid)), (None, None))
            later = list(self._execute(self._later, userid, moment)) if also_later else []
            self._execute(self._erase, until * 1000, userid)
            for viewed, messageid in later:
                self._execute(self._erase_later, microseconds(viewed), userid, viewed, messageid)
            if also_later and last_deletion is not None:
                self._execute(self._erase_deletions, max(until * 1000, microseconds(last_deletion)), userid)
        return ErasedViews(views + len(later), len(deleted or {}))

    def _execute(self, statement: Statement, *values: object) -> ResultSet:
        return self._link.session.execute(statement.prepared, values, execution_profile=BULK_PROFILE)

    def delete_product(self, userid: str, productid: str, *, now: float) -> bool:
        """Hides a product's views up to `now` (Unix seconds) from a user's history; whether there were any.

        The deletion is remembered in either case, so that a view which is still on its way does not show either. Where
        the newest view lies in the future (a fast clock), views up to that one are hidden.
        """
        newest = next(
            (
                time
                for product, time in self._views(userid, now=now, first_page_rows=DELETION_PAGE_ROWS)
                if product == productid
            ),
            None,
        )
        deleted_at = now if newest is None else max(seconds(newest), now)
        # The memory of the deletion outlives every view that it hides.
        ttl = int(self.retention_seconds + MAX_FUTURE_SECONDS) + 1
        moment = round(deleted_at * 1000)
        with driver_errors():
            # With the time limit of a read: a page waits for it.
            self._link.session.execute(self._delete.prepared, (moment * 1000, ttl, productid, moment, moment, userid))
        return newest is not None

    def check(self, *, timeout: float = READ_TIMEOUT_SECONDS) -> None:
        """Raises StorageUnavailableError unless the table of views can be read now, within `timeout` seconds."""
        with driver_errors():
            next(read(self._link, self._deleted, (b"health-check",), first_page_rows=1, timeout=timeout), None)

    def _views(self, userid: str, *, now: float, first_page_rows: int) -> Iterator[tuple[str, datetime]]:
        """Product and time of the views that count, newest first, read page by page as far as they are asked for.

        Those of the visitors that a customer was count as the customer's (vitrine.identity).
        """
        since = as_long(round((now - self.retention_seconds) * 1000))
        with driver_errors():
            rows = self._history_of(userid, since, first_page_rows)
            first = next(rows, None)
            # Who has no view of their own yet may have been a visitor all the time.
            visitors = self._identities.merged(userid) if _may_have_visitors(userid, first) else []
            own = self._counting(userid, rows if first is None else chain((first,), rows))
            if not visitors:
                yield from own
                return
            deleted = self._deleted_products(userid.encode())
            # Two reads each, side by side.
            joined = [self._of_visitor(each.visitorid, userid, since, first_page_rows) for each in visitors]
            for productid, time in merge(own, *joined, key=itemgetter(1), reverse=True):
                if not (productid in deleted and time <= deleted[productid]):
                    yield productid, time

    def _history_of(self, userid: str, since: bytes, first_page_rows: int) -> Iterator[tuple[Any, ...]]:
        """Asks at once."""
        return read(self._link, self._history, (userid.encode(), since), first_page_rows=first_page_rows)

    def _counting(self, userid: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, datetime]]:
        """Without the views of products that were deleted from this history."""
        deleted: dict[str, datetime] | None = None
        for productid, moment, last_deletion, _ in rows:
            if last_deletion is not None and moment <= last_deletion:
                if deleted is None:
                    deleted = self._deleted_products(userid.encode())
                if productid in deleted and moment <= deleted[productid]:
                    continue
            yield productid, moment

    def _of_visitor(
        self, visitorid: str, userid: str, since: bytes, first_page_rows: int
    ) -> Iterator[tuple[str, datetime]]:
        """Those of a visitor that are this customer's. Asks at once, and gives them one by one."""
        rows = self._history_of(visitorid, since, first_page_rows)
        answer = self._identities.ask_identifications(visitorid)

        def owned() -> Iterator[tuple[str, datetime]]:
            identifications = answer()
            for productid, moment in self._counting(visitorid, rows):
                if owner(identifications, moment) == userid:
                    yield productid, moment

        return owned()

    def _deleted_products(self, key: bytes) -> dict[str, datetime]:
        """Product -> moment of its deletion."""
        row = next(read(self._link, self._deleted, (key,), first_page_rows=1), None)
        return dict(row[0]) if row and row[0] else {}

    def _write_batches(self, pending: Iterable[list[ViewRow]]) -> list[ViewRow]:
        """Writes batches, several at a time; returns the rows of those that Cassandra refuses."""
        refused: list[ViewRow] = []
        in_flight: deque[tuple[list[ViewRow], ResponseFuture]] = deque()
        for batch in pending:
            if len(in_flight) == BATCHES_IN_FLIGHT:
                refused += _refused_rows(*in_flight.popleft())
            in_flight.append((batch, self._send(batch)))
        for batch, future in in_flight:
            refused += _refused_rows(batch, future)
        return refused

    def _write_alone(self, row: ViewRow) -> Refusal[ViewRow] | None:
        """Writes a row of a refused batch alone: is it refused too, or was another row at fault?"""
        try:
            self._send([row]).result()
        except RequestValidationException as error:
            return Refusal(row, f"Cassandra refuses it: {error}")
        return None

    def _check_that_rows_are_taken(self) -> None:
        """Writes a good row, to find out whether refused rows are at fault or the table takes no rows at all.

        The good row belongs to no shopper and expires after a second.
        """
        good = _packed(_GOOD_VIEW, time.time(), 1, UNSET)
        try:
            self._send([good]).result()
        except RequestValidationException as error:
            raise StorageRefusedError(f"Cassandra takes no views: {error}") from error

    def _send(self, rows: Sequence[ViewRow]) -> ResponseFuture:
        """Sends rows of one replica set as one unlogged batch."""
        return self._link.session.execute_async(
            unlogged_batch(self._insert.prepared, rows), execution_profile=WRITE_PROFILE
        )


def _may_have_visitors(userid: str, newest: tuple[Any, ...] | None) -> bool:
    if newest is None:
        return not is_visitor(userid)
    return newest[3] is not None


def _refused_rows(batch: list[ViewRow], future: ResponseFuture) -> list[ViewRow]:
    try:
        future.result()
    except RequestValidationException:
        return batch
    return []
