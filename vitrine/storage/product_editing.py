"""What API and feeds say of products, written so that every process of the API shows it within a second."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec

from vitrine.products import CATEGORY_SEPARATOR, CatalogueProduct, category_name
from vitrine.settings import Winner
from vitrine.storage.catalogue import ProductReader
from vitrine.storage.driver.link import Link
from vitrine.storage.tables.catalogue_products import SAID, CatalogueChangeStore

NOTHING: dict[str, Any] = dict.fromkeys(SAID)


class ProductEditor:
    """Puts, amends and removes products. Every method raises StorageUnavailableError; doing it again is safe.

    `now` is Unix seconds.
    """

    def __init__(self, link: Link, winner: Winner) -> None:
        self._reader = ProductReader(link, winner)
        self.store, self._changes = self._reader.told, CatalogueChangeStore(link)

    def read(self, productids: Sequence[str]) -> dict[str, CatalogueProduct]:
        """Each product that there is, as it counts."""
        found = self._reader.read(productids)
        joined = ((productid, found.joined(productid)) for productid in productids)
        return {productid: _product(productid, row) for productid, row in joined if row is not None}

    def put(
        self,
        products: Sequence[CatalogueProduct],
        *,
        now: float,
        marks: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
    ) -> None:
        """These are the products, whatever API and feeds said of them before.

        One that is new was created now, unless it says when; one that is known, when it was. `marks` are further
        columns, by product: those of the feed that names it.
        """
        known = self.store.rows([product.productid for product in products])
        created_at = datetime.fromtimestamp(now, UTC)
        rows = []
        for product in products:
            row = _row(product)
            before = known.get(product.productid)
            row["created_at"] = row["created_at"] or (before and before["created_at"]) or created_at
            rows.append({**row, "listed": True, **marks.get(product.productid, {})})
        self._write(rows, now=now)

    def amend(self, amendments: Sequence[tuple[CatalogueProduct, Set[str]]], *, now: float) -> set[str]:
        """The fields that are named are so now, the others stay; returns the products that there are not."""
        found = self._reader.read([product.productid for product, _ in amendments])
        unknown = {product.productid for product, _ in amendments if found.joined(product.productid) is None}
        rows = []
        for product, names in amendments:
            if product.productid not in unknown:
                row = {name: value for name, value in _row(product).items() if name in names}
                was_removed = (found.told.get(product.productid) or {}).get("listed") is False
                rows.append({**row, "productid": product.productid, **({"listed": None} if was_removed else {})})
        self._write(rows, now=now)
        return unknown

    def remove(self, productids: Sequence[str], *, now: float) -> set[str]:
        """These are not sold any more; returns those that there were not.

        Where Postgres or a feed still names one, it is remembered that it was removed.
        """
        found = self._reader.read(productids)
        unknown = {productid for productid in productids if found.joined(productid) is None}
        known = [productid for productid in dict.fromkeys(productids) if productid not in unknown]
        named = {each for each in known if each in found.shop or (found.told.get(each) or {}).get("feed") is not None}
        self.store.write({**NOTHING, "productid": each, "listed": False} for each in known if each in named)
        self.store.delete(each for each in known if each not in named)
        self._changes.note(known, now=now)
        return unknown

    def forget(self, productids: Sequence[str], *, now: float) -> None:
        """API and feeds say nothing of these any more; what Postgres says of them counts."""
        self.store.delete(productids)
        self._changes.note(productids, now=now)

    def _write(self, rows: Iterable[dict[str, Any]], *, now: float) -> None:
        rows = list(rows)
        self.store.write(rows)
        self._changes.note((row["productid"] for row in rows), now=now)


def _row(product: CatalogueProduct) -> dict[str, Any]:
    """The columns of a product."""
    row = msgspec.structs.asdict(product)
    row["category"] = category_name(product.category) if product.category else None
    row["attributes"] = msgspec.json.encode(product.attributes).decode() if product.attributes else None
    return row


def _product(productid: str, row: dict[str, Any]) -> CatalogueProduct:
    """The product of SAID's columns. Moments come from the driver without their zone, which is UTC."""
    moments = ("available_from", "available_to", "created_at")
    fields = {**row, **{name: row[name] and row[name].replace(tzinfo=UTC) for name in moments}}
    fields["category"] = row["category"].split(CATEGORY_SEPARATOR) if row["category"] else None
    fields["attributes"] = msgspec.json.decode(row["attributes"]) if row["attributes"] else None
    return CatalogueProduct(productid, **fields)
