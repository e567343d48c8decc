"""The best-seller lists in Cassandra, replaced all at once."""

import uuid
from collections.abc import Mapping, Sequence

from cassandra.cluster import ResultSet, Session

from vitrine.storage.driver.bulk import execute_many
from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors

OVERALL = "overall"
CATEGORY = "category"


class BestSellerStore:
    """The tables best_sellers and editions. Every method raises StorageUnavailableError."""

    def __init__(self, session: Session) -> None:
        self._session = session
        keyspace = session.keyspace
        self._insert = session.prepare(
            f"INSERT INTO {keyspace}.best_sellers (edition, scope, categoryid, products) VALUES (?, ?, ?, ?)"
        )
        self._delete = session.prepare(f"DELETE FROM {keyspace}.best_sellers WHERE edition = ?")
        self._current = session.prepare(
            f"SELECT edition, previous FROM {keyspace}.editions WHERE name = 'best_sellers'"
        )
        self._publish = session.prepare(
            f"INSERT INTO {keyspace}.editions (name, edition, previous, period) VALUES ('best_sellers', ?, ?, ?)"
        )

    def replace(self, period: str, overall: Sequence[str], by_category: Mapping[str, Sequence[str]]) -> None:
        """Puts new lists, best first, in the place of the present ones.

        A reader sees all of the old lists or all of the new ones. The old ones stay for those who are reading them
        now, until the next replacement. When it fails, the present ones stay.
        """
        edition = uuid.uuid1()
        rows = [(edition, OVERALL, "", overall)]
        rows += [(edition, CATEGORY, category, products) for category, products in by_category.items()]
        for _ in execute_many(self._session, self._insert, rows):
            pass
        with driver_errors():
            present, previous = self._execute(self._current).one() or (None, None)
            self._execute(self._publish, (edition, present, period))
            if previous:
                self._execute(self._delete, (previous,))

    def _execute(self, *statement: object) -> ResultSet:
        return self._session.execute(*statement, execution_profile=BULK_PROFILE)
