"""The CQL of views: prepared statements, and rows serialised by hand where a driver's bind() costs most."""

import struct
from collections.abc import Iterator, Sequence
from datetime import datetime
from queue import Empty, SimpleQueue

from cassandra import OperationTimedOut
from cassandra.cluster import ResponseFuture, ResultSet, Session
from cassandra.query import BoundStatement, PreparedStatement

from vitrine.storage.driver.connection import READ_TIMEOUT_SECONDS, WRITE_PROFILE
from vitrine.storage.driver.packed import PackedRow, unlogged_batch

# A user who looks at one product again and again needs many pages.
NEXT_PAGE_ROWS = 5000

# The packed values of _INSERT: user, time (ms), message, product, source, write time (µs), TTL (s).
ViewRow = PackedRow

_INSERT = """
INSERT INTO {keyspace}.product_views (userid, messagetime, messageid, event, productid, source)
VALUES (?, ?, ?, 'ProductView', ?, ?) USING TIMESTAMP ? AND TTL ?
"""
# The lower bound keeps a read away from rows that have expired: to Cassandra they are tombstones, and it fails a read
# that meets 100,000 of them.
_HISTORY = """
SELECT productid, messagetime, last_deletion FROM {keyspace}.product_views WHERE userid = ? AND messagetime > ?
"""
_DELETED = "SELECT deleted_products FROM {keyspace}.product_views WHERE userid = ? LIMIT 1"
# Written with the moment of the deletion, so that of two deletions the later one stays whatever the order of arrival.
_DELETE = """
UPDATE {keyspace}.product_views USING TIMESTAMP ? AND TTL ?
SET deleted_products[?] = ?, last_deletion = ? WHERE userid = ?
"""

_long = struct.Struct(">q").pack


class ViewStatements:
    """The statements prepared in one session. What the driver raises passes through."""

    def __init__(self, session: Session, keyspace: str) -> None:
        def prepare(cql: str) -> PreparedStatement:
            statement = session.prepare(cql.format(keyspace=keyspace))
            statement.is_idempotent = True
            return statement

        self.session = session
        self._insert = prepare(_INSERT)
        self._history = prepare(_HISTORY)
        self._deleted = prepare(_DELETED)
        self._delete = prepare(_DELETE)

    def write_async(self, rows: Sequence[ViewRow]) -> ResponseFuture:
        """Sends rows of one replica set as one unlogged batch."""
        return self.session.execute_async(unlogged_batch(self._insert, rows), execution_profile=WRITE_PROFILE)

    def history(self, userid: str, since: int, first_page_rows: int) -> Iterator[tuple[str, datetime, datetime | None]]:
        """(product, time, newest deletion of any product) of the views after `since` (ms), newest first."""
        statement = _bound(self._history, (userid.encode(), _long(since)))
        statement.fetch_size = first_page_rows
        result = _Read(self.session, statement).result()
        yield from result.current_rows
        statement.fetch_size = NEXT_PAGE_ROWS
        next_page = _next_page(self.session, statement, result)
        while next_page is not None:
            result = next_page.result()
            # On its way while the caller looks at these rows.
            next_page = _next_page(self.session, statement, result)
            yield from result.current_rows

    def check(self, timeout: float) -> None:
        """One read of a user who does not exist. Raises OperationTimedOut after `timeout` seconds."""
        _Read(self.session, _bound(self._deleted, (b"health-check",))).result(timeout)

    def deleted_products(self, userid: str) -> dict[str, datetime]:
        """Product -> moment of its deletion."""
        row = _Read(self.session, _bound(self._deleted, (userid.encode(),))).result().one()
        return dict(row[0]) if row and row[0] else {}

    def delete_product(self, userid: str, productid: str, deleted_at: int, ttl: int) -> None:
        """Remembers that the views of a product up to `deleted_at` (ms) do not count, for `ttl` seconds."""
        values = (deleted_at * 1000, ttl, productid, deleted_at, deleted_at, userid)
        # With the time limit of a read: a page waits for it.
        self.session.execute(self._delete.bind(values))


class _Read:
    """A read under way.

    The driver's own time limit sets a timer that wakes its event loop for each request, a fifth of the client's time
    for a read; here the waiting thread watches the clock.
    """

    def __init__(self, session: Session, statement: BoundStatement, paging_state: bytes | None = None) -> None:
        self._done: SimpleQueue[object] = SimpleQueue()
        self._future = session.execute_async(statement, timeout=None, paging_state=paging_state)
        self._future.add_callbacks(self._done.put, self._done.put)

    def result(self, timeout: float = READ_TIMEOUT_SECONDS) -> ResultSet:
        """Waits for the answer. Raises what the driver raises, OperationTimedOut too."""
        try:
            self._done.get(timeout=timeout)
        except Empty:
            raise OperationTimedOut from None
        return self._future.result()


def _next_page(session: Session, statement: BoundStatement, result: ResultSet) -> _Read | None:
    return None if result.paging_state is None else _Read(session, statement, result.paging_state)


def _bound(statement: PreparedStatement, values: Sequence[bytes]) -> BoundStatement:
    """A statement with values that are serialised already: half the client's time for a row that is written."""
    bound = BoundStatement(statement)
    bound.values = list(values)
    return bound
