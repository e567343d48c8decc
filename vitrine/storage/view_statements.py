"""The CQL of views: prepared statements, and rows serialised by hand where a driver's bind() costs most."""

import struct
from collections.abc import Iterator, Sequence
from datetime import datetime

from cassandra.cluster import ResponseFuture, Session
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement

from vitrine.storage.connection import WRITE_PROFILE

# Nearly every answer is in the first page; a user who looks at one product again and again needs many.
FIRST_PAGE_ROWS = 64
NEXT_PAGE_ROWS = 5000

# The serialised values of _INSERT: user, time (ms), message, product, source, write time (µs), TTL (s).
ViewRow = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]

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
        batch = BatchStatement(BatchType.UNLOGGED)
        batch.is_idempotent = True
        for row in rows:
            batch.add(_bound(self._insert, row))
        return self.session.execute_async(batch, execution_profile=WRITE_PROFILE)

    def history(self, userid: str, since: int) -> Iterator[tuple[str, datetime, datetime | None]]:
        """(product, time, newest deletion of any product) of the views after `since` (ms), newest first."""
        statement = _bound(self._history, (userid.encode(), _long(since)))
        statement.fetch_size = FIRST_PAGE_ROWS
        result = self.session.execute(statement)
        yield from result.current_rows
        statement.fetch_size = NEXT_PAGE_ROWS
        while result.paging_state is not None:
            result = self.session.execute(statement, paging_state=result.paging_state)
            yield from result.current_rows

    def deleted_products(self, userid: str) -> dict[str, datetime]:
        """Product -> moment of its deletion."""
        row = self.session.execute(_bound(self._deleted, (userid.encode(),))).one()
        return dict(row[0]) if row and row[0] else {}

    def delete_product(self, userid: str, productid: str, deleted_at: int, ttl: int) -> None:
        """Remembers that the views of a product up to `deleted_at` (ms) do not count, for `ttl` seconds."""
        values = (deleted_at * 1000, ttl, productid, deleted_at, deleted_at, userid)
        self.session.execute(self._delete.bind(values), execution_profile=WRITE_PROFILE)


def _bound(statement: PreparedStatement, values: Sequence[bytes]) -> BoundStatement:
    """A statement with values that are serialised already: half the client's time for a row that is written."""
    bound = BoundStatement(statement)
    bound.values = list(values)
    return bound
