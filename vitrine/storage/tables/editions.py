"""Which edition of each list is current."""

from typing import NamedTuple
from uuid import UUID

from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.statements import insert, select

BEST_SELLERS = "best_sellers"
CATALOGUE = "catalogue"


class Edition(NamedTuple):
    """The current edition of a list, the one before, and the month that the list is about, such as 2026-10.

    `edition` is None if nothing was ever stored.
    """

    edition: UUID | None = None
    previous: UUID | None = None
    period: str | None = None


class EditionStore:
    """The table editions. Every method raises StorageUnavailableError."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._select = link.statement(select("editions", Edition._fields, where="name = ?"))
        self._insert = link.statement(insert("editions", ("name", *Edition._fields)))
        self._announce = link.statement(
            "INSERT INTO {keyspace}.editions (name, edition) VALUES (?, now()) USING TIMESTAMP ?"
        )

    def current(self, name: str) -> Edition:
        """The current edition; within the time limit of a read."""
        with driver_errors():
            row = self._link.session.execute(self._select.prepared, (name,)).one()
        return Edition(*row) if row else Edition()

    def publish(self, name: str, edition: Edition) -> None:
        """Makes this edition the current one."""
        self._write(self._insert, name, *edition)

    def announce(self, name: str, written_at: int) -> None:
        """Tells readers that a list without rows for each edition has changed; the latest `written_at` wins."""
        self._write(self._announce, name, written_at)

    def _write(self, statement: Statement, *values: object) -> None:
        with driver_errors():
            self._link.session.execute(statement.prepared, values, execution_profile=BULK_PROFILE)
