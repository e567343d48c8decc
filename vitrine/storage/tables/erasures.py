"""Who was erased, as Cassandra knows it, and what became of each part."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from vitrine.storage.driver.connection import BULK_PROFILE, WRITE_PROFILE, WRITE_TIMEOUT_SECONDS, driver_errors
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import seconds


class StoredErasure(NamedTuple):
    """A row: `person` is a digest, `erased_at` Unix milliseconds, `parts` texts by their names."""

    person: str
    erased_at: int
    erasureid: str
    parts: dict[str, str]


class ErasureStore:
    """The table erasures. Every method raises StorageUnavailableError; writing something again changes nothing."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._insert = link.statement(insert("erasures", ("person", "erased_at", "erasureid")))
        self._note = link.statement(
            "UPDATE {keyspace}.erasures SET parts = parts + ? WHERE person = ? AND erased_at = ?"
        )
        self._newest = link.statement(select("erasures", StoredErasure._fields, where="person = ? LIMIT 1"))
        self._one = link.statement(select("erasures", StoredErasure._fields, where="person = ? AND erased_at = ?"))
        self._all = link.statement(select("erasures", StoredErasure._fields))
        self._moments = link.statement(select("erasures", ("person", "erased_at")))
        self._clock = link.statement("SELECT toUnixTimestamp(now()) FROM system.local")

    def later_of(self, now: float) -> float:
        """The later of two clocks, in Unix seconds: `now`, which is the caller's, and Cassandra's."""
        self._link.wait_for_first_attempt(WRITE_TIMEOUT_SECONDS)
        with driver_errors():
            ((milliseconds,),) = self._link.session.execute(self._clock.prepared, execution_profile=WRITE_PROFILE)
        return max(now, float(milliseconds) / 1000)

    def add(self, person: str, erased_at: int, erasureid: str) -> None:
        """From now on this Cassandra knows of it."""
        with driver_errors():
            values = (person, _moment(erased_at), erasureid)
            self._link.session.execute(self._insert.prepared, values, execution_profile=WRITE_PROFILE)

    def note(self, person: str, erased_at: int, parts: Mapping[str, str]) -> None:
        """Parts in place of those of the same names."""
        with driver_errors():
            values = (dict(parts), person, _moment(erased_at))
            self._link.session.execute(self._note.prepared, values, execution_profile=WRITE_PROFILE)

    def newest(self, person: str) -> StoredErasure | None:
        """The last erasure of a person; None for who was never erased."""
        with driver_errors():
            row = self._link.session.execute(self._newest.prepared, (person,)).one()
        return _stored(row) if row else None

    def one(self, person: str, erased_at: int) -> StoredErasure | None:
        """The erasure of that moment; None where this Cassandra knows of none."""
        with driver_errors():
            row = self._link.session.execute(self._one.prepared, (person, _moment(erased_at))).one()
        return _stored(row) if row else None

    def all(self) -> Iterator[StoredErasure]:
        """Every erasure, in no order."""
        with driver_errors():
            for row in self._link.session.execute(self._all.prepared, execution_profile=BULK_PROFILE):
                yield _stored(row)

    def moments(self) -> Iterator[tuple[str, int]]:
        """Person and moment of every erasure, in no order: a twentieth of what `all` reads, for who asks often."""
        with driver_errors():
            for person, erased_at in self._link.session.execute(self._moments.prepared, execution_profile=BULK_PROFILE):
                yield person, _milliseconds(erased_at)


def _stored(row: tuple[str, datetime, str, Mapping[str, str] | None]) -> StoredErasure:
    person, erased_at, erasureid, parts = row
    return StoredErasure(person, _milliseconds(erased_at), erasureid, dict(parts or {}))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(moment: datetime) -> int:
    return round(seconds(moment) * 1000)
