"""What API and feeds say of products, in Cassandra, and which of them changed lately."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from cassandra.query import UNSET_VALUE
from cassandra.util import min_uuid_from_time

from vitrine.storage.driver.bulk import BulkWriter, execute_many, read_pages
from vitrine.storage.driver.connection import WRITE_PROFILE
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.packed import as_long, pack
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.tables.products import CATALOGUE_PAGE_ROWS, rows_by_id

# What is said of a product.
SAID = (
    "title",
    "price",
    "currency",
    "in_stock",
    "category",
    "image",
    "url",
    "brand",
    "attributes",
    "available_from",
    "available_to",
    "created_at",
)
COLUMNS = ("productid", *SAID, "listed", "feed", "feed_hash")
# What is held in memory, in the order of recommending.Product.
HELD = ("productid", "category", "created_at", "price", "in_stock", "available_from", "available_to")

HOUR_SECONDS = 3600
_CHANGES_PER_PAGE = 5000


class CatalogueProductStore:
    """The table catalogue_products. Every method raises StorageUnavailableError."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._insert = link.statement(insert("catalogue_products", COLUMNS))
        self._delete = link.statement("DELETE FROM {keyspace}.catalogue_products WHERE productid = ?")
        self._some = link.statement(select("catalogue_products", COLUMNS, where="productid IN ?"))
        self._held = link.statement(select("catalogue_products", (*HELD, "listed")), page_rows=CATALOGUE_PAGE_ROWS)
        self._hashes = link.statement(
            select("catalogue_products", ("productid", "feed", "feed_hash")), page_rows=CATALOGUE_PAGE_ROWS
        )

    def write(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Writes the columns that each row names, `productid` among them; the others stay. None empties a column."""
        values = (tuple(row.get(column, UNSET_VALUE) for column in COLUMNS) for row in rows)
        for _ in execute_many(self._link, self._insert, values, profile=WRITE_PROFILE):
            pass

    def delete(self, productids: Iterable[str]) -> None:
        """API and feeds say nothing of these any more."""
        for _ in execute_many(self._link, self._delete, ((each,) for each in productids), profile=WRITE_PROFILE):
            pass

    def rows(self, productids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What there is of these products, by id, as COLUMNS."""
        return rows_by_id(self._link, self._some, productids, COLUMNS)

    def pages(self) -> Iterator[Sequence[tuple[Any, ...]]]:
        """All, page by page, as HELD and whether it is listed."""
        return read_pages(self._link, self._held)

    def hashes(self) -> Iterator[tuple[str, str | None, int | None]]:
        """Each product, the feed that names it, and the hash of what that says."""
        for page in read_pages(self._link, self._hashes):
            yield from page


class CatalogueChangeStore:
    """The table catalogue_changes. Every method raises StorageUnavailableError."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._insert = link.statement(
            "INSERT INTO {keyspace}.catalogue_changes (hour, changed_at, productid) VALUES (?, now(), ?)"
        )
        self._since = link.statement(
            select("catalogue_changes", ("changed_at", "productid"), where="hour = ? AND changed_at > ?"),
            page_rows=_CHANGES_PER_PAGE,
        )

    def note(self, productids: Iterable[str], *, now: float) -> None:
        """Tells the readers that these have changed; after they have. `now` is Unix seconds."""
        writer = BulkWriter(self._link, self._insert, profile=WRITE_PROFILE)
        for productid in productids:
            writer.write(pack((as_long(_hour(now) * 1000), productid.encode())))
        writer.finish()

    def between(self, start: float, end: float, *, after: float) -> Iterator[tuple[UUID, str]]:
        """The moment of each change, later than `after` by Cassandra's clock, and its product.

        Of the hours between two moments of the writers' clocks; Unix seconds all.
        """
        for hour in range(_hour(start), _hour(end) + 1, HOUR_SECONDS):
            for page in read_pages(self._link, self._since, hour * 1000, min_uuid_from_time(after)):
                yield from page


def _hour(moment: float) -> int:
    return int(moment // HOUR_SECONDS * HOUR_SECONDS)
