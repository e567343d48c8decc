"""How far the changes of the shop's database have been carried over."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.statements import insert, select

KEPT = timedelta(days=7)


class Watermark(NamedTuple):
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

    def __init__(self, link: Link, name: str) -> None:
        self._link = link
        self._name = name
        self._history = link.statement(select("watermarks", Watermark._fields, where="name = ?"))
        self._insert = link.statement(insert("watermarks", ("name", *Watermark._fields)))
        self._forget = link.statement("DELETE FROM {keyspace}.watermarks WHERE name = ? AND moved_at < ?")

    def recent(self) -> list[Watermark]:
        """Newest first; the first one is the current one."""
        with driver_errors():
            rows = self._link.session.execute(self._history.prepared, (self._name,), execution_profile=BULK_PROFILE)
            return [
                Watermark(moved.replace(tzinfo=UTC), taken.replace(tzinfo=UTC), *rest) for moved, taken, *rest in rows
            ]

    def move(self, watermark: Watermark) -> None:
        """Makes this one the current watermark. Those older than a week are removed."""
        self._write(self._insert, *watermark)
        self._write(self._forget, watermark.moved_at - KEPT)

    def _write(self, statement: Statement, *values: object) -> None:
        with driver_errors():
            self._link.session.execute(statement.prepared, (self._name, *values), execution_profile=BULK_PROFILE)
