"""How far the changes of the shop's database have been carried over."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cassandra.cluster import Session

from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors

KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Watermark:
    """All that was committed before a snapshot has been carried over.

    `taken_at` is the moment of the snapshot; `snapshot` and `source` are those of shop_database.Snapshot. The rows
    are those of the run that moved it, as counted in Postgres and in Cassandra.
    """

    moved_at: datetime
    taken_at: datetime
    snapshot: str
    source: str
    reason: str
    rows_read: int
    rows_stored: int


class WatermarkStore:
    """The table watermarks: one name's watermarks of the last week. Every method raises StorageUnavailableError."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        table = f"{session.keyspace}.watermarks"
        self._history = session.prepare(
            f"SELECT moved_at, taken_at, snapshot, source, reason, rows_read, rows_stored FROM {table} WHERE name = ?"
        )
        self._insert = session.prepare(
            f"INSERT INTO {table} (name, moved_at, taken_at, snapshot, source, reason, rows_read, rows_stored)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._forget = session.prepare(f"DELETE FROM {table} WHERE name = ? AND moved_at < ?")

    def history(self) -> list[Watermark]:
        """Newest first: the first one is what counts."""
        with driver_errors():
            rows = self._session.execute(self._history, (self._name,), execution_profile=BULK_PROFILE)
            return [
                Watermark(moved.replace(tzinfo=UTC), taken.replace(tzinfo=UTC), *rest) for moved, taken, *rest in rows
            ]

    def move(self, watermark: Watermark) -> None:
        """From now on this one counts. Those older than a week are removed."""
        values = (self._name, watermark.moved_at, watermark.taken_at, watermark.snapshot, watermark.source)
        with driver_errors():
            self._session.execute(
                self._insert,
                (*values, watermark.reason, watermark.rows_read, watermark.rows_stored),
                execution_profile=BULK_PROFILE,
            )
            self._session.execute(self._forget, (self._name, watermark.moved_at - KEPT), execution_profile=BULK_PROFILE)
