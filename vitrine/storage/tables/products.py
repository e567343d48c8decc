"""The shop's products in Cassandra."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from vitrine.storage.driver.bulk import BulkWriter, execute_many, ids, pieces, read_pages
from vitrine.storage.driver.link import Link, Statement
from vitrine.storage.driver.packed import as_long, pack
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.tables.editions import CATALOGUE, EditionStore

PRODUCTS_PER_READ = 200
# The driver decodes a page in one go, while answers to shoppers wait.
CATALOGUE_PAGE_ROWS = 2000
CATALOGUE_COLUMNS = ("productid", "categoryid", "created_at", "price", "in_stock")


def rows_by_id(
    link: Link, statement: Statement, productids: Sequence[str], columns: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What a statement finds of these products, by id: the first of the columns. Raises StorageUnavailableError."""
    questions = ((list(some),) for some in pieces(productids, PRODUCTS_PER_READ))
    found = execute_many(link, statement, questions)
    return {row[0]: dict(zip(columns, row, strict=True)) for result in found for row in result}


class ProductStore:
    """The table products. Every method raises StorageUnavailableError.

    `written_at` is as in OrderLineStore.
    """

    # In the order of a packed row, which `written_at` follows.
    COLUMNS = ("productid", "categoryid", "name", "price", "created_at", "in_stock")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._editions = EditionStore(link)
        self._insert = link.statement(insert("products", self.COLUMNS, using=("TIMESTAMP",)))
        self._delete = link.statement("DELETE FROM {keyspace}.products USING TIMESTAMP ? WHERE productid = ?")
        self._count = link.statement(select("products", ("productid",), where="productid IN ?"))
        self._some = link.statement(select("products", self.COLUMNS, where="productid IN ?"))
        self._productids = link.statement(select("products", ("productid",)))
        self._catalogue = link.statement(select("products", CATALOGUE_COLUMNS), page_rows=CATALOGUE_PAGE_ROWS)

    def writer(self) -> BulkWriter:
        """Takes packed rows of COLUMNS and written_at."""
        return BulkWriter(self._link, self._insert)

    def remove_older(self, productids: Iterable[str], written_at: int) -> None:
        """Removes those of the products that were written before `written_at`."""
        writer = BulkWriter(self._link, self._delete)
        for productid in productids:
            writer.write(pack((as_long(written_at - 1), productid.encode())))
        writer.finish()

    def announce(self, written_at: int) -> None:
        """Tells the readers that the catalogue has changed."""
        self._editions.announce(CATALOGUE, written_at)

    def pages(self) -> Iterator[Sequence[tuple[Any, ...]]]:
        """All, page by page, as CATALOGUE_COLUMNS."""
        return read_pages(self._link, self._catalogue)

    def rows(self, productids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What there is of these products, by id, as COLUMNS."""
        return rows_by_id(self._link, self._some, productids, self.COLUMNS)

    def count(self, productids: list[str]) -> int:
        """How many of the products there are."""
        questions = ((some,) for some in pieces(productids, PRODUCTS_PER_READ))
        return sum(1 for result in execute_many(self._link, self._count, questions) for _ in result)

    def productids(self) -> Iterator[str]:
        """Every product."""
        return ids(self._link, self._productids)
