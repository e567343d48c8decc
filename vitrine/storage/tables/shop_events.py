"""What shoppers do beside viewing, in Cassandra: each event by its person, and what it does to the person's cart."""

import time as clock
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from cassandra import InvalidRequest, RequestValidationException
from cassandra.cluster import ResultSet

from vitrine.canary import is_canary
from vitrine.errors import StorageRefusedError, StorageUnavailableError
from vitrine.events import Context
from vitrine.shop_events import (
    Item,
    Order,
    OrderCompleted,
    ProductAdded,
    Search,
    Searched,
    ShopEvent,
    products,
)
from vitrine.storage.driver.bulk import PAGE_ROWS, BulkWriter, ids, read_pages, scan
from vitrine.storage.driver.connection import BULK_PROFILE, WRITE_PROFILE, WRITE_TIMEOUT_SECONDS, driver_errors
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.packed import PackedRow, as_int, as_long, pack
from vitrine.storage.driver.reads import read
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import microseconds, seconds
from vitrine.storage.tables.carts import CartStore, added_row, removed_row
from vitrine.storage.tables.product_views import Refusal

_COLUMNS = ("userid", "eventtime", "messageid", "event", "source", "properties", "uncounted")
# Of each kind that teaches, by its name: what makes it, and what decodes its properties.
_KINDS_THAT_TEACH: dict[str, tuple[Callable[..., ProductAdded | OrderCompleted], Callable[[str], Any]]] = {
    str(kind.__struct_config__.tag): (kind, msgspec.json.Decoder(properties).decode)
    for kind, properties in ((ProductAdded, Item), (OrderCompleted, Order))
}
# What is learned does not depend on it: it is not read.
_NO_CONTEXT = Context("-")


class ShopEventRow(NamedTuple):
    """An event as it is stored: its own row, and what it puts into the cart and takes out of it."""

    event: PackedRow
    added: tuple[PackedRow, ...] = ()
    removed: tuple[PackedRow, ...] = ()


class StoredLesson(NamedTuple):
    """An event that teaches, as it stands in the table; `time` is in Unix seconds."""

    event: ProductAdded | OrderCompleted
    time: float


class KeptEvent(NamedTuple):
    """An event as an export tells it; `properties` are JSON."""

    event: str
    messageid: str
    source: str
    properties: str
    occurred_at: datetime
    uncounted: bool | None


def shop_event_row(  # noqa: PLR0913 - all by name
    event: ShopEvent,
    *,
    time: float,
    record_time: float,
    now: float,
    retention_seconds: float,
    cart_seconds: float,
    is_uncounted: bool = False,
) -> ShopEventRow | None:
    """An event as it is stored: None when it is older than the retention.

    `time` is the event's own, `record_time` that of its Kafka record, `now` is now, all in Unix seconds; a cart holds a
    product for `cart_seconds`. The write time is the event's own time, so that a replay changes nothing; TTLs count
    from it too. For the cart it is no later than the record's: a clock that is fast would hide what comes after.
    """
    if (ttl := int(time + retention_seconds - now)) <= 0:
        return None
    milliseconds = round(time * 1000)
    row = pack(
        (
            event.userid.encode(),
            as_long(milliseconds),
            event.messageid.encode(),
            str(event.__struct_config__.tag).encode(),
            event.context.source.encode(),
            msgspec.json.encode(event.properties),
            b"\x01" if is_uncounted else b"\x00",
            as_long(milliseconds * 1000),
            as_int(ttl),
        )
    )
    changed_at = min(milliseconds, round(record_time * 1000))
    if isinstance(event, ProductAdded):
        cart_ttl = int(changed_at / 1000 + cart_seconds - now)
        added = (added_row(event.userid, event.properties.productid, changed_at, cart_ttl),) if cart_ttl > 0 else ()
        return ShopEventRow(row, added=added)
    removed = (removed_row(event.userid, product, changed_at) for product in products(event))
    return ShopEventRow(row, removed=tuple(removed))


class ShopEventStore:
    """The table shop_events, and the carts that are made of it. Safe to use from several threads.

    Every method raises StorageUnavailableError while Cassandra is away, or does not answer in time.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self.carts = CartStore(link)
        self._insert = link.statement(insert("shop_events", _COLUMNS, using=("TIMESTAMP", "TTL")))
        self._kept = link.statement(
            select(
                "shop_events",
                ("event", "messageid", "source", "properties", "eventtime", "uncounted"),
                where="userid = ? AND eventtime > ?",
            ),
            page_rows=PAGE_ROWS,
        )
        self._scan = link.statement(
            select(
                "shop_events",
                ("userid", "eventtime", "messageid", "event", "properties", "uncounted"),
                where="token(userid) > ? AND token(userid) <= ? AND eventtime > ? ALLOW FILTERING",
            )
        )
        self._userids = link.statement("SELECT DISTINCT userid FROM {keyspace}.shop_events")
        self._count = link.statement(
            "SELECT count(*) FROM {keyspace}.shop_events WHERE userid = ? AND eventtime > ? AND eventtime <= ?"
        )
        self._later = link.statement(
            select("shop_events", ("eventtime", "messageid", "event"), where="userid = ? AND eventtime > ?")
        )
        self._erase = link.statement("DELETE FROM {keyspace}.shop_events USING TIMESTAMP ? WHERE userid = ?")
        self._erase_later = link.statement(
            "DELETE FROM {keyspace}.shop_events USING TIMESTAMP ?"
            " WHERE userid = ? AND eventtime = ? AND messageid = ? AND event = ?"
        )

    @property
    def retention_seconds(self) -> float:
        """For how long an event is kept, from its own time; as long as a view."""
        return self._link.settings.view_retention_days * 86400

    def write(self, rows: Iterable[ShopEventRow]) -> list[Refusal[ShopEventRow]]:
        """Writes all rows; returns once Cassandra has acknowledged each, or refused it for good.

        Rows are upserts: writing one again changes nothing. Raises StorageUnavailableError when any row may not have
        been written; others may have been, so write all of them again. Raises StorageRefusedError when Cassandra
        takes no row at all.
        """
        self._link.wait_for_first_attempt(WRITE_TIMEOUT_SECONDS)
        known = list(dict.fromkeys(rows))
        refused: dict[ShopEventRow, str] = {}
        try:
            # Whoever sees an event sees what it has made of the cart.
            for writer, packed_of in (
                (self.carts.remover(), attrgetter("removed")),
                (self.carts.adder(), attrgetter("added")),
                (BulkWriter(self._link, self._insert, profile=WRITE_PROFILE), lambda row: (row.event,)),
            ):
                owners = {packed: row for row in known for packed in packed_of(row)}
                for packed in owners:
                    writer.write(packed)
                writer.finish()
                refused |= {owners[each.row]: each.reason for each in writer.refused}
            if refused:
                self._check_that_rows_are_taken()
        except RequestValidationException as error:
            raise StorageRefusedError(f"Cassandra takes no events: {error}") from error
        except StorageUnavailableError as error:
            # As without the permission: it is there, and waiting for it does not help.
            if isinstance(error.__cause__, RequestValidationException):
                raise StorageRefusedError(f"Cassandra takes no events: {error.__cause__}") from error
            raise
        return [Refusal(row, reason) for row, reason in refused.items()]

    def kept_events(self, userid: str, *, now: float) -> Iterator[KeptEvent]:
        """Every event of a user that is stored, newest first; `now` is Unix seconds."""
        for page in read_pages(self._link, self._kept, userid, self._since(now)):
            yield from (KeptEvent(*row) for row in page)

    def kept_event(self, userid: str, messageid: str, *, among: int, now: float) -> KeptEvent | None:
        """An event as it is stored, if it is among so many of a user's newest; `now` is Unix seconds."""
        since = as_long(round((now - self.retention_seconds) * 1000))
        with driver_errors():
            rows = islice(read(self._link, self._kept, (userid.encode(), since), first_page_rows=among), among)
            return next((KeptEvent(*row) for row in rows if row[1] == messageid), None)

    def lessons(self, *, now: float) -> Iterator[list[StoredLesson]]:
        """Every shopper's events that are learned from, page by page, in no order; `now` is Unix seconds.

        Those over a cap when they were posted do not count.
        """
        for page in scan(self._link, self._scan, self._since(now)):
            found = []
            for userid, time, messageid, event, properties, uncounted in page:
                if uncounted or is_canary(userid) or event not in _KINDS_THAT_TEACH:
                    continue
                kind, decoded = _KINDS_THAT_TEACH[event]
                lesson = kind(messageid=messageid, userid=userid, context=_NO_CONTEXT, properties=decoded(properties))
                found.append(StoredLesson(lesson, seconds(time)))
            yield found

    def userids(self) -> Iterator[str]:
        """Every user of whom there is anything."""
        return ids(self._link, self._userids)

    def erase(self, userid: str, *, until: int, now: float, also_later: bool) -> int:
        """Removes all events of a user up to `until` (Unix milliseconds); returns how many there were.

        What it says of later ones is what ViewStore.erase says; `now` is Unix seconds. Doing it again changes nothing.
        """
        moment = datetime.fromtimestamp(until / 1000, UTC)
        with driver_errors():
            ((events,),) = self._execute(self._count, userid, self._since(now), moment)
            later = list(self._execute(self._later, userid, moment)) if also_later else []
            self._execute(self._erase, until * 1000, userid)
            for time, *rest in later:
                self._execute(self._erase_later, microseconds(time), userid, time, *rest)
        return int(events) + len(later)

    def _execute(self, statement: Statement, *values: object) -> ResultSet:
        return self._link.session.execute(statement.prepared, values, execution_profile=BULK_PROFILE)

    def _since(self, now: float) -> datetime:
        """The lower bound keeps a read away from rows that have expired, which are tombstones to Cassandra."""
        return datetime.fromtimestamp(now - self.retention_seconds, UTC)

    def _check_that_rows_are_taken(self) -> None:
        """Writes a good row, to find out whether refused rows are at fault or the table takes no rows at all.

        The good row belongs to no shopper and expires after a second. Raises RequestValidationException.
        """
        good = Searched(
            messageid="good-message", userid="no shopper", context=Context("good-source"), properties=Search("good")
        )
        now = clock.time()
        row = shop_event_row(good, time=now, record_time=now, now=now, retention_seconds=1.5, cart_seconds=1)
        writer = BulkWriter(self._link, self._insert, profile=WRITE_PROFILE)
        if row is not None:
            writer.write(row.event)
        writer.finish()
        if writer.refused:
            raise InvalidRequest(writer.refused[0].reason)
