"""The shop's products in Postgres, as soon as they change: what is sold out there is out of every answer in a second.

`orders_to_cassandra` carries the same changes over every few minutes, and with them what nobody followed: what was
deleted, and what is too much to be done beside answers to shoppers.
"""

import time
from typing import ClassVar

from vitrine.errors import StorageUnavailableError
from vitrine.outage import Outage
from vitrine.pipelines.chunks import NAME, write_products
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import extraction
from vitrine.shop_database.extraction import Snapshot
from vitrine.shop_database.listening import Copy, Listener
from vitrine.storage.driver.link import Link
from vitrine.storage.tables.catalogue_products import CatalogueChangeStore
from vitrine.storage.tables.products import ProductStore
from vitrine.storage.tables.watermarks import WatermarkStore

# More at once is a load of the whole catalogue, and left to the DAG.
CHANGES_MOST = 10_000
# Any number that nothing else of Vitrine locks.
_LOCK = 7_135_019_472


class ProductFollower(Copy):
    """Writes products that were made or changed into Cassandra, and tells every process of the API which they are.

    Of all processes that would, the one that has Postgres' advisory lock does; another takes over when that one is
    gone, and begins where the DAG has come to. While Cassandra is away it tries again each second.
    """

    channel: ClassVar[str] = "vitrine_products"
    what: ClassVar[str] = "the shop's products"
    missing: ClassVar[str] = "products: run `manage.py migrate`"

    def __init__(self, settings: ShopDatabaseSettings, link: Link) -> None:
        super().__init__(settings)
        self._link = link
        self._products, self._changes = ProductStore(link), CatalogueChangeStore(link)
        self._watermarks = WatermarkStore(link, NAME)
        self._cassandra = Outage("Cassandra, for the shop's products")
        # Whether this process has the lock; whether there is something to do; up to where all has been done.
        self._is_chosen, self._is_behind = False, True
        self._done: Snapshot | None = None

    def _read(self, listener: Listener) -> None:
        # The lock has gone with the connection.
        self._is_chosen, self._is_behind, self._done = False, True, None
        self._hear(listener, set())

    def _hear(self, listener: Listener, changed: set[str]) -> None:
        self._is_chosen = self._is_chosen or listener.rows("SELECT pg_try_advisory_lock(%s)", (_LOCK,)) == [(True,)]
        self._is_behind = self._is_behind or bool(changed)
        if not (self._is_chosen and self._is_behind):
            return
        try:
            self._carry_over()
        except StorageUnavailableError as error:
            self._cassandra.begin(error)
        else:
            self._cassandra.end()
            self._is_behind = False

    def _carry_over(self) -> None:
        with extraction.reading(self._settings) as cursor:
            seen = extraction.current_snapshot(cursor)
            if since := self._since(seen):
                productids = extraction.changed_products(cursor, since)
                if 0 < len(productids) <= CHANGES_MOST:
                    write_products(cursor, self._link, self._products, productids)
                    self._changes.note(productids, now=time.time())
            self._done = seen

    def _since(self, seen: Snapshot) -> str | None:
        """Where to begin; None where the DAG begins with everything."""
        if self._done:
            return self._done.text
        watermark = next(iter(self._watermarks.recent()), None)
        return watermark.snapshot or None if watermark and watermark.source == seen.source else None
