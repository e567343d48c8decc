"""One chunk of what a run carries over: the products, or the order lines of a range of users."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cassandra.cluster import Session
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.orders import BEGINNING_OF_TIME, END_OF_TIME, Slice
from vitrine.shop_database import columns, extraction
from vitrine.shop_database.extraction import Selection
from vitrine.storage.driver.bulk import pieces
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.storage.tables.products import ProductStore

IDS_PER_LOOK = 5000
# Made at import: where a table and the SQL for it do not match, nothing starts.
LINE_VALUES = columns.line_values(OrderLineStore.COLUMNS)
PRODUCT_VALUES = columns.product_values(ProductStore.COLUMNS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Chunk(msgspec.Struct, frozen=True):
    """What to carry over: the products changed since a snapshot (None: all), or the slices of a Selection.

    `written_after` is the moment of the last watermark: what this chunk writes must be later for Cassandra, also when
    the clock was set back.
    """

    name: str
    products: bool = False
    changed_since: str | None = None
    since: datetime = BEGINNING_OF_TIME
    until: datetime = END_OF_TIME
    first_user: str | None = None
    last_user: str | None = None
    written_after: datetime = BEGINNING_OF_TIME

    def selection(self) -> Selection:
        return Selection(self.changed_since, self.since, self.until, self.first_user, self.last_user)

    def as_dict(self) -> dict[str, Any]:
        """In a form that JSON can hold; `msgspec.convert` is the way back."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields


class Copied(msgspec.Struct, frozen=True):
    """What became of a chunk: its rows as counted in Postgres and in Cassandra, and their write time."""

    name: str
    read: int
    stored: int
    written_at: datetime


def copy_lines(cursor: Cursor, session: Session, chunk: Chunk) -> Copied:
    """Writes the lines of the slices, then counts.

    All lines are in when they have been written, so where there are more, some are of before: those are removed. The
    count says so more cheaply than a removal of what, most of the time, is not there.
    """
    store = OrderLineStore(session)
    written_at, microseconds = _write_time(cursor, chunk.written_after)
    extraction.select_slices(cursor, chunk.selection())
    slices = extraction.slices(cursor)
    writer = store.writer()
    read = extraction.copy_lines(cursor, LINE_VALUES, microseconds, writer.write)
    writer.finish()
    stored = store.count(slices)
    if stored > read:
        store.remove_older(slices, microseconds)
        stored = store.count(slices)
    return Copied(chunk.name, read, stored, written_at)


def copy_products(cursor: Cursor, session: Session, chunk: Chunk) -> Copied:
    """Writes the products, removes those that are no more, counts, and tells the readers."""
    store = ProductStore(session)
    written_at, microseconds = _write_time(cursor, chunk.written_after)
    productids = extraction.changed_products(cursor, chunk.changed_since)
    writer = store.writer()
    read = extraction.copy_products(cursor, PRODUCT_VALUES, productids, microseconds, writer.write)
    writer.finish()
    store.remove_older(productids, microseconds)
    store.announce()
    return Copied(chunk.name, read, store.count(productids), written_at)


def remove_vanished(cursor: Cursor, session: Session, written_after: datetime) -> None:
    """Removes the users and products that Postgres does not know (any more) and no change tells of.

    A database that was restored to an earlier state has forgotten what was there since.
    """
    lines, products = OrderLineStore(session), ProductStore(session)
    _, microseconds = _write_time(cursor, written_after)
    for some in pieces(list(lines.userids()), IDS_PER_LOOK):
        gone = extraction.users_without_orders(cursor, list(some))
        lines.remove_older((Slice(user, BEGINNING_OF_TIME, END_OF_TIME) for user in gone), microseconds)
    gone = [
        product
        for some in pieces(list(products.productids()), IDS_PER_LOOK)
        for product in extraction.missing_products(cursor, list(some))
    ]
    products.remove_older(gone, microseconds)
    if gone:
        products.announce()


def _write_time(cursor: Cursor, written_after: datetime) -> tuple[datetime, int]:
    """The start of the transaction, by the clock of Postgres, also in microseconds since 1970."""
    cursor.execute("SELECT transaction_timestamp()")
    started = next(time for (time,) in cursor)
    moment = max(started, written_after + timedelta(milliseconds=1))
    return moment, (moment - _EPOCH) // _MICROSECOND
