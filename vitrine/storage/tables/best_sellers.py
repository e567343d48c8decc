"""The best-seller lists in Cassandra, replaced all at once."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from vitrine.errors import StorageUnavailableError
from vitrine.storage.driver.bulk import execute_many, read_pages
from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.tables.editions import BEST_SELLERS, Edition, EditionStore

OVERALL = "overall"
CATEGORY = "category"
COLUMNS = ("edition", "scope", "categoryid", "products")
LIST_COLUMNS = ("scope", "categoryid", "products")
LIST_PAGE_ROWS = 2000
# A writer that has not published its edition by then is dead: Airflow ends the task earlier.
WRITING_TAKES_AT_MOST = timedelta(hours=2)
_TICKS_A_SECOND = 10_000_000  # of a version 1 UUID


class BestSellerStore:
    """The table best_sellers. Every method raises StorageUnavailableError."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._editions = EditionStore(link)
        self._insert = link.statement(insert("best_sellers", COLUMNS))
        lists = select("best_sellers", LIST_COLUMNS, where="edition = ?")
        self._lists = link.statement(lists, page_rows=LIST_PAGE_ROWS)
        self._stored = link.statement("SELECT DISTINCT edition FROM {keyspace}.best_sellers")
        self._delete = link.statement("DELETE FROM {keyspace}.best_sellers WHERE edition = ?")

    def replace(self, period: str, overall: Sequence[str], by_category: Mapping[str, Sequence[str]]) -> None:
        """Replaces the current lists by new ones, best first.

        A reader sees all of the old lists or all of the new ones. The old ones stay for those who are reading them
        now, until the next replacement. When it fails, the current ones stay; what it wrote until then is removed by
        a later replacement.
        """
        edition = uuid.uuid1()
        rows = [(edition, OVERALL, "", overall)]
        rows += [(edition, CATEGORY, category, products) for category, products in by_category.items()]
        for _ in execute_many(self._link, self._insert, rows):
            pass
        present = self._editions.current(BEST_SELLERS)
        self._editions.publish(BEST_SELLERS, Edition(edition, present.edition, period))
        self._remove(self._outdated(edition, present))

    def pages(self, edition: Edition) -> Iterator[Sequence[tuple[Any, ...]]]:
        """The lists of an edition, page by page: (scope, category, products).

        Raises StorageUnavailableError, also if the edition was removed while it was read.
        """
        if edition.edition is None:
            return
        yield from read_pages(self._link, self._lists, edition.edition)
        now = self._editions.current(BEST_SELLERS)
        if edition.edition not in (now.edition, now.previous):
            raise StorageUnavailableError("Cassandra: the best sellers were replaced twice while they were read")

    def _outdated(self, edition: UUID, before: Edition) -> Iterator[UUID]:
        """The editions that no reader needs, now that `edition` has replaced `before`.

        That is the one before `before`, and those whose writer died half-way.
        """
        if before.previous:
            yield before.previous
        with driver_errors():
            stored = list(self._link.session.execute(self._stored.prepared, execution_profile=BULK_PROFILE))
        for (each,) in stored:
            age = timedelta(seconds=(edition.time - each.time) / _TICKS_A_SECOND)
            if age > WRITING_TAKES_AT_MOST and each not in (before.edition, before.previous):
                yield each

    def _remove(self, editions: Iterator[UUID]) -> None:
        with driver_errors():
            for edition in editions:
                self._link.session.execute(self._delete.prepared, (edition,), execution_profile=BULK_PROFILE)
