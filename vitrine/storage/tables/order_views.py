"""What each user bought, in Cassandra: written line by line, replaced and counted slice by slice."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from vitrine.orders import Slice
from vitrine.storage.driver.bulk import PAGE_ROWS, BulkWriter, execute_many, ids, pieces, read_pages, scan
from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.packed import as_long, pack
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import milliseconds, seconds
from vitrine.storage.tables.write_times import WriteTimeStore

# Counting asks for several users at once: a request each takes several times as long. It counts rows: Cassandra
# logs a warning for each COUNT over several partitions.
USERS_PER_COUNT = 200


class StoredLine(NamedTuple):
    """A line of an order as it stands in the table; `time` is in Unix seconds."""

    userid: str
    orderid: str
    productid: str
    time: float


class KeptLine(NamedTuple):
    """A line as an export tells it."""

    orderid: str
    productid: str
    categoryid: str
    quantity: int
    ordered_at: datetime


class OrderLineStore:
    """The table order_views. Every method raises StorageUnavailableError.

    `written_at` (microseconds since 1970) is the write time of lines; what was removed at the same or an earlier moment
    stays removed, and what was written later stays. So a slice may be replaced without a moment in which it is
    missing: write its lines, then remove what was written before.
    """

    # The pipeline that writes, whose write times the lines have (WriteTimeStore).
    PIPELINE = "orders_to_cassandra"
    # In the order of a packed row, which `written_at` follows.
    COLUMNS = ("userid", "messagetime", "orderid", "productid", "categoryid", "quantity")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._insert = link.statement(insert("order_views", self.COLUMNS, using=("TIMESTAMP",)))
        self._delete = link.statement(
            "DELETE FROM {keyspace}.order_views USING TIMESTAMP ?"
            " WHERE userid = ? AND messagetime >= ? AND messagetime <= ?"
        )
        of_users = "userid IN ? AND messagetime >= ? AND messagetime <= ?"
        self._count = link.statement(select("order_views", ("quantity",), where=of_users))
        self._keys = link.statement(select("order_views", ("userid", "orderid", "productid"), where=of_users))
        self._scan = link.statement(
            select(
                "order_views",
                ("userid", "orderid", "productid", "messagetime"),
                where="token(userid) > ? AND token(userid) <= ?",
            )
        )
        self._kept = link.statement(
            select("order_views", ("orderid", "productid", "categoryid", "quantity", "messagetime"), "userid = ?"),
            page_rows=PAGE_ROWS,
        )
        self._count_of = link.statement(
            "SELECT count(*) FROM {keyspace}.order_views WHERE userid = ? AND messagetime <= ?"
        )
        self._erase = link.statement(
            "DELETE FROM {keyspace}.order_views USING TIMESTAMP ? WHERE userid = ? AND messagetime <= ?"
        )
        self._write_times = WriteTimeStore(link, self.PIPELINE)
        self._userids = link.statement("SELECT DISTINCT userid FROM {keyspace}.order_views")

    def writer(self) -> BulkWriter:
        """Takes packed rows of COLUMNS and written_at."""
        return BulkWriter(self._link, self._insert)

    def remove_older(self, slices: Iterable[Slice], written_at: int) -> None:
        """Removes the lines of these slices that were written before `written_at`."""
        writer = BulkWriter(self._link, self._delete)
        before = as_long(written_at - 1)
        for userid, since, until in slices:
            writer.write(pack((before, userid.encode(), as_long(milliseconds(since)), as_long(milliseconds(until)))))
        writer.finish()

    def count(self, slices: Iterable[Slice]) -> int:
        """How many lines there are in these slices."""
        return sum(1 for _ in self._of_slices(self._count, slices))

    def keys(self, slices: Iterable[Slice]) -> Iterator[tuple[str, str, str]]:
        """User, order and product of the lines that there are in these slices."""
        return self._of_slices(self._keys, slices)

    def all_lines(self) -> Iterator[list[StoredLine]]:
        """Every user's lines, page by page, in no order."""
        for page in scan(self._link, self._scan):
            yield [StoredLine(userid, orderid, productid, seconds(time)) for userid, orderid, productid, time in page]

    def userids(self) -> Iterator[str]:
        """Every user who has lines."""
        return ids(self._link, self._userids)

    def kept_lines(self, userid: str) -> Iterator[KeptLine]:
        """A user's lines, newest first."""
        for page in read_pages(self._link, self._kept, userid):
            yield from (KeptLine(*row) for row in page)

    def erase(self, userid: str, *, until: int, now: float) -> int:
        """Removes a user's lines of orders made up to `until` (Unix milliseconds); returns how many there were.

        `now` is Unix seconds. What a run writes that began before this call is hidden too: it records its write time,
        which is read here, before it asks the table erasures, where the erasure has to stand by now. A run that begins
        later leaves these orders out.
        """
        written_at = max(int(now * 1_000_000), self._write_times.latest())
        moment = datetime.fromtimestamp(until / 1000, UTC)
        with driver_errors():
            session = self._link.session
            ((lines,),) = session.execute(self._count_of.prepared, (userid, moment), execution_profile=BULK_PROFILE)
            session.execute(self._erase.prepared, (written_at, userid, moment), execution_profile=BULK_PROFILE)
        return int(lines)

    def _of_slices(self, statement: Statement, slices: Iterable[Slice]) -> Iterator[tuple[Any, ...]]:
        users: dict[tuple[datetime, datetime], list[str]] = {}
        for userid, since, until in slices:
            users.setdefault((since, until), []).append(userid)
        questions = (
            (some, since, until) for (since, until), all_of in users.items() for some in pieces(all_of, USERS_PER_COUNT)
        )
        for result in execute_many(self._link, statement, questions):
            yield from result
