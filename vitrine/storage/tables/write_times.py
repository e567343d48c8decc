"""How late the write times are that a pipeline has used."""

from cassandra.cluster import Session

from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors


class WriteTimeStore:
    """The table write_times: one pipeline's latest write time, in microseconds since 1970.

    It never goes back, in whatever order it is recorded. Every method raises StorageUnavailableError.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        table = f"{session.keyspace}.write_times"
        self._latest = session.prepare(f"SELECT written_at FROM {table} WHERE name = ?")
        self._record = session.prepare(f"INSERT INTO {table} (name, written_at) VALUES (?, ?) USING TIMESTAMP ?")

    def latest(self) -> int:
        """0 where none was recorded."""
        with driver_errors():
            row = self._session.execute(self._latest, (self._name,), execution_profile=BULK_PROFILE).one()
        return int(row[0]) if row else 0

    def record(self, written_at: int) -> None:
        with driver_errors():
            self._session.execute(self._record, (self._name, written_at, written_at), execution_profile=BULK_PROFILE)
