"""What each user bought, in Cassandra: written line by line, replaced and counted slice by slice."""

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cassandra.cluster import Session

from vitrine.orders import Slice
from vitrine.storage.driver.bulk import BulkWriter, execute_many, pieces
from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.packed import insert, pack

_long = struct.Struct(">q").pack
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# Counting asks for several users at once: a request each takes several times as long. It counts rows: Cassandra
# logs a warning for each COUNT over several partitions.
USERS_PER_COUNT = 200


class OrderLineStore:
    """The table order_views. Every method raises StorageUnavailableError.

    COLUMNS are the values of a row that is written, in their order; `written_at` follows them.

    `written_at` (microseconds since 1970) is the write time of lines; what was removed at the same or an earlier moment
    stays removed, and what was written later stays. So a slice may be replaced without a moment in which it is
    missing: write its lines, then remove what was written before.
    """

    COLUMNS = ("userid", "messagetime", "orderid", "productid", "categoryid", "quantity")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._table = table = f"{session.keyspace}.order_views"
        self._insert = session.prepare(insert(table, self.COLUMNS))
        self._delete = session.prepare(
            f"DELETE FROM {table} USING TIMESTAMP ? WHERE userid = ? AND messagetime >= ? AND messagetime <= ?"
        )
        self._count = session.prepare(
            f"SELECT quantity FROM {table} WHERE userid IN ? AND messagetime >= ? AND messagetime <= ?"
        )

    def writer(self) -> BulkWriter:
        """Takes packed rows of the values of COLUMNS and `written_at`."""
        return BulkWriter(self._session, self._insert)

    def remove_older(self, slices: Iterable[Slice], written_at: int) -> None:
        """Removes the lines of these slices that were written before `written_at`."""
        writer = BulkWriter(self._session, self._delete)
        before = _long(written_at - 1)
        for userid, since, until in slices:
            writer.write(pack((before, userid.encode(), _milliseconds(since), _milliseconds(until))))
        writer.finish()

    def count(self, slices: Iterable[Slice]) -> int:
        """How many lines there are in these slices."""
        users: dict[tuple[datetime, datetime], list[str]] = {}
        for userid, since, until in slices:
            users.setdefault((since, until), []).append(userid)
        questions = (
            (some, since, until) for (since, until), all_of in users.items() for some in pieces(all_of, USERS_PER_COUNT)
        )
        return sum(1 for result in execute_many(self._session, self._count, questions) for _ in result)

    def userids(self) -> Iterator[str]:
        """Every user who has lines."""
        with driver_errors():
            for (userid,) in self._session.execute(
                f"SELECT DISTINCT userid FROM {self._table}", execution_profile=BULK_PROFILE
            ):
                yield userid


def _milliseconds(time: datetime) -> bytes:
    return _long((time - _EPOCH) // _MILLISECOND)
