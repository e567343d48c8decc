"""One chunk of what a run carries over: the products, or the order lines of a range of users."""

import logging
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.orders import BEGINNING_OF_TIME, END_OF_TIME
from vitrine.pipelines.announcing import AnnouncingWriter
from vitrine.settings import KafkaSettings, load
from vitrine.shop_database import columns, extraction
from vitrine.shop_database.extraction import Selection
from vitrine.storage.driver.bulk import BulkWriter
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.packed import value
from vitrine.storage.tables.erasures import ErasureStore
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.storage.tables.products import ProductStore
from vitrine.storage.tables.write_times import WriteTimeStore

logger = logging.getLogger(__name__)

NAME = OrderLineStore.PIPELINE
# At most so many of the rows that a chunk leaves out are named in the log.
NAMED_ROWS = 20
# Made at import: where a table and the SQL for it do not match, nothing starts.
LINE_VALUES = columns.line_values(OrderLineStore.COLUMNS)
PRODUCT_VALUES = columns.product_values(ProductStore.COLUMNS)


class Chunk(msgspec.Struct, frozen=True):
    """What to carry over: the products changed since a snapshot (None: all), or the slices of a Selection."""

    name: str
    products: bool = False
    changed_since: str | None = None
    since: datetime = BEGINNING_OF_TIME
    until: datetime = END_OF_TIME
    first_user: str | None = None
    last_user: str | None = None

    def selection(self) -> Selection:
        return Selection(self.changed_since, self.since, self.until, self.first_user, self.last_user)


class Copied(msgspec.Struct, frozen=True):
    """The result of a chunk: its rows as counted in Postgres and in Cassandra.

    `left_out` of those in Postgres cannot be carried over, whatever is done; the log names them. `announced` were new.
    """

    name: str
    read: int
    stored: int
    left_out: int = 0
    announced: int = 0


def copy_lines(cursor: Cursor, link: Link, chunk: Chunk) -> Copied:
    """Announces the lines of the slices that are new, writes all of them, then counts.

    If Cassandra then has more lines than were written, the others are old ones, and are removed. Most of the time there
    are none, and a count costs less than a removal. What was ordered before its user was erased is left out; who was
    is asked after the write time was recorded, which OrderLineStore.erase counts on.
    """
    store = OrderLineStore(link)
    written_at = new_write_time(cursor, link)
    extraction.select_slices(cursor, chunk.selection())
    extraction.leave_out_erased(cursor, _erased(link))
    slices = extraction.slices(cursor)
    writer = store.writer()
    with closing(AnnouncingWriter(load(KafkaSettings), store, slices, writer)) as announcing:
        read = extraction.copy_lines(cursor, LINE_VALUES, written_at, announcing.write)
        announcing.finish()
    refused = _refused(writer, OrderLineStore.COLUMNS, "userid", "orderid", "productid")
    stored = store.count(slices)
    if stored > read - len(refused):
        store.remove_older(slices, written_at)
        stored = store.count(slices)
    _log_left_out(chunk, refused)
    return Copied(chunk.name, read, stored, len(refused), announcing.announced)


def copy_products(cursor: Cursor, link: Link, chunk: Chunk) -> Copied:
    """Writes the products, removes those that no longer exist, counts, and tells the readers.

    A product that cannot be carried over is removed too: what Cassandra has of it is out of date.
    """
    store = ProductStore(link)
    productids = extraction.changed_products(cursor, chunk.changed_since)
    impossible = extraction.impossible_products(cursor, productids)
    written_at, read, writer = write_products(cursor, link, store, productids)
    store.remove_older(productids, written_at)
    store.announce(written_at)
    left_out = [f"product {productid}: {reason}" for productid, reason in impossible]
    left_out += _refused(writer, ProductStore.COLUMNS, "productid")
    _log_left_out(chunk, left_out)
    return Copied(chunk.name, read + len(impossible), store.count(productids), len(left_out))


def write_products(
    cursor: Cursor, link: Link, store: ProductStore, productids: list[str]
) -> tuple[int, int, BulkWriter]:
    """Writes those of the products that can be carried over.

    Returns their write time, how many there were, and the writer, which says what Cassandra has refused.
    """
    written_at = new_write_time(cursor, link)
    writer = store.writer()
    read = extraction.copy_products(cursor, PRODUCT_VALUES, productids, written_at, writer.write)
    writer.finish()
    return written_at, read, writer


def new_write_time(cursor: Cursor, link: Link) -> int:
    """The start of the transaction by the clock of Postgres, in microseconds since 1970.

    Or just after the latest that any run has used, whether it succeeded or not: a clock may be set back, and Cassandra
    keeps what was written later. It is recorded before it is used.
    """
    times = WriteTimeStore(link, NAME)
    cursor.execute("SELECT (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint")
    started = next(int(time) for (time,) in cursor)
    written_at = max(started, times.latest() + 1)
    times.record(written_at)
    return written_at


def _erased(link: Link) -> dict[str, datetime]:
    """Until when the orders of those who were erased do not count, by their digests."""
    found: dict[str, datetime] = {}
    for person, erased_at in ErasureStore(link).moments():
        moment = datetime.fromtimestamp(erased_at / 1000, UTC)
        found[person] = max(moment, found.get(person, moment))
    return found


def _refused(writer: BulkWriter, values: Sequence[str], *key: str) -> list[str]:
    """The rows that Cassandra refused, by the columns of their `key`, and why; `values` names all columns in order."""
    return [
        f"{', '.join(f'{column} {value(row, values.index(column)).decode()}' for column in key)}: {reason}"
        for row, reason in writer.refused
    ]


def _log_left_out(chunk: Chunk, left_out: Sequence[str]) -> None:
    for named in left_out[:NAMED_ROWS]:
        logger.warning("%s: left out: %s", chunk.name, named, extra={"pipeline": NAME, "chunk": chunk.name})
    if len(left_out) > NAMED_ROWS:
        logger.warning("%s: left out: %d more", chunk.name, len(left_out) - NAMED_ROWS, extra={"pipeline": NAME})
