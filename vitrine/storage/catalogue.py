"""The catalogue as it is shown: what Postgres says of products, joined with what API and feeds say.

Each says what it knows of a product; where both do, the winner's word counts, column by column. A product that API or
feed took out is out where they win, and otherwise where Postgres does not have it.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from cassandra.util import unix_time_from_uuid1

from vitrine.recommending import Catalogue, Product
from vitrine.settings import Winner
from vitrine.storage.driver.bulk import pieces
from vitrine.storage.driver.link import Link
from vitrine.storage.tables.catalogue_products import HELD, SAID, CatalogueChangeStore, CatalogueProductStore
from vitrine.storage.tables.editions import Edition
from vitrine.storage.tables.products import CATALOGUE_PAGE_ROWS, ProductStore

# How far the clocks of those who write changes may be from that of who reads them.
CLOCKS_SECONDS = 300.0
# A change may become readable so long after its moment, which a write has at its beginning.
LATE_SECONDS = 5.0
# So many are read at once, the last first: what was sold out just now does not wait for a feed that came before.
CHANGES_PER_UPDATE = 2000

# What Postgres says of a product, by the names that API and feeds use.
_OF_POSTGRES = {"title": "name", "category": "categoryid"}


class ProductReader:
    """Reads what is said of single products. Every method raises StorageUnavailableError."""

    def __init__(self, link: Link, winner: Winner) -> None:
        self._winner = winner
        self.shop, self.told = ProductStore(link), CatalogueProductStore(link)

    def read(self, productids: Sequence[str]) -> "Found":
        """What is said of these products, now."""
        return Found(self.told.rows(productids), self.shop.rows(productids), self._winner)


class Found:
    """What API and feeds say of products, what Postgres says, and both together; by product id."""

    def __init__(self, told: dict[str, dict[str, Any]], shop: dict[str, dict[str, Any]], winner: Winner) -> None:
        self.told, self.shop = told, shop
        self._winner = winner

    def joined(self, productid: str) -> dict[str, Any] | None:
        """The columns of SAID as they count; None for a product that there is not."""
        told, shop = self.told.get(productid), self.shop.get(productid)
        ours = None if told is None else _Told([told[name] for name in SAID], told["listed"])
        theirs = None if shop is None else [shop.get(_OF_POSTGRES.get(name, name)) for name in SAID]
        joined = _join(ours, theirs, self._winner)
        return None if joined is None else dict(zip(SAID, joined, strict=True))


class CatalogueReader:
    """Reads the catalogue whole, and then what changes. For one thread. Every method raises StorageUnavailableError."""

    def __init__(self, link: Link, winner: Winner) -> None:
        self._winner = winner
        self._products = ProductReader(link, winner)
        self._changes = CatalogueChangeStore(link)
        self._log = _Log(self._changes, time.time())
        # In the order in which they were noted.
        self._pending: dict[str, None] = {}

    def pages(self, _: Edition | None = None) -> Iterator[Sequence[Product]]:
        """All products, page by page; empty pages as well, while others are read."""
        self._log, self._pending = _Log(self._changes, time.time()), {}
        told: dict[str, _Told] = {}
        for page in self._products.told.pages():
            told.update((row[0], _Told(row[:-1], row[-1])) for row in page)
            yield ()
        for page in self._products.shop.pages():
            products = (Product(*row) for row in page)
            yield list(filter(None, (self._joined(told.pop(product.productid, None), product) for product in products)))
        for some in pieces(list(told.values()), CATALOGUE_PAGE_ROWS):
            yield list(filter(None, (self._joined(row, None) for row in some)))

    def updated(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue as it is now; itself when nothing has changed. After many changes it takes several calls."""
        now = time.time()
        for product in self._log.new(now):
            self._pending.pop(product, None)
            self._pending[product] = None
        if some := list(self._pending)[-CHANGES_PER_UPDATE:]:
            found = self._products.read(some)
            catalogue = catalogue.changed({product: _held(product, found.joined(product)) for product in some})
            for product in some:
                del self._pending[product]
        moved = catalogue.at(now)
        moved.prepare()
        return moved

    def _joined(self, told: "_Told | None", shop: Product | None) -> Product | None:
        joined = _join(told, shop, self._winner)
        return None if joined is None else Product(*joined)


class _Log:
    """Reads which products changed, each change once."""

    def __init__(self, changes: CatalogueChangeStore, now: float) -> None:
        self._changes = changes
        self._asked_at = now
        # By Cassandra's clock; and the changes from LATE_SECONDS before it on.
        self._newest = now - CLOCKS_SECONDS
        self._seen: dict[UUID, float] = {}

    def new(self, now: float) -> list[str]:
        """The products, in the order of their changes. Raises StorageUnavailableError."""
        start, end = self._asked_at - CLOCKS_SECONDS, now + CLOCKS_SECONDS
        since = self._newest - LATE_SECONDS
        found = [
            (change, product)
            for change, product in self._changes.between(start, end, after=since)
            if change not in self._seen
        ]
        self._asked_at = now
        self._seen.update((change, unix_time_from_uuid1(change)) for change, _ in found)
        self._newest = max(self._newest, *self._seen.values()) if found else self._newest
        self._seen = {change: at for change, at in self._seen.items() if at >= self._newest - LATE_SECONDS}
        return [product for _, product in sorted(found, key=lambda each: each[0].time)]


def _held(productid: str, row: dict[str, Any] | None) -> Product | None:
    return None if row is None else Product(productid, *(row[name] for name in HELD[1:]))


class _Told(NamedTuple):
    """What API and feeds say; `listed` is the column of that name."""

    values: Sequence[Any]
    listed: bool | None


def _join(told: _Told | None, shop: Sequence[Any] | None, winner: Winner) -> Sequence[Any] | None:
    """Value by value, the winner's where there is one."""
    if told is None or (told.listed is False and winner == "postgres"):
        return shop
    if told.listed is False:
        return None
    if shop is None:
        return told.values if told.listed else None
    first, second = (told.values, shop) if winner == "api" else (shop, told.values)
    return [other if value is None else value for value, other in zip(first, second, strict=True)]
