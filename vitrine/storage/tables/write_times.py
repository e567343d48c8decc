"""The latest write time that each pipeline has used."""

from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.statements import insert, select


class WriteTimeStore:
    """The table write_times: one pipeline's latest write time, in microseconds since 1970.

    It never goes back, in whatever order it is recorded. Every method raises StorageUnavailableError.
    """

    def __init__(self, link: Link, name: str) -> None:
        self._link = link
        self._name = name
        self._latest = link.statement(select("write_times", ("written_at",), where="name = ?"))
        self._record = link.statement(insert("write_times", ("name", "written_at"), using=("TIMESTAMP",)))

    def latest(self) -> int:
        """0 if none was recorded."""
        with driver_errors():
            row = self._link.session.execute(self._latest.prepared, (self._name,), execution_profile=BULK_PROFILE).one()
        return int(row[0]) if row else 0

    def record(self, written_at: int) -> None:
        with driver_errors():
            values = (self._name, written_at, written_at)
            self._link.session.execute(self._record.prepared, values, execution_profile=BULK_PROFILE)
