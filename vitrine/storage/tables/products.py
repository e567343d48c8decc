"""The shop's products in Cassandra."""

import struct
from collections.abc import Iterable, Iterator

from cassandra.cluster import Session

from vitrine.storage.driver.bulk import BulkWriter, execute_many, pieces
from vitrine.storage.driver.connection import BULK_PROFILE, driver_errors
from vitrine.storage.driver.packed import insert, pack

PRODUCTS_PER_READ = 200
_long = struct.Struct(">q").pack


class ProductStore:
    """The table products. Every method raises StorageUnavailableError.

    COLUMNS and `written_at` are as in OrderLineStore.
    """

    COLUMNS = ("productid", "categoryid", "name", "price", "created_at")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._table = table = f"{session.keyspace}.products"
        self._insert = session.prepare(insert(table, self.COLUMNS))
        self._delete = session.prepare(f"DELETE FROM {table} USING TIMESTAMP ? WHERE productid = ?")
        self._count = session.prepare(f"SELECT productid FROM {table} WHERE productid IN ?")
        self._announce = session.prepare(
            f"INSERT INTO {session.keyspace}.editions (name, edition) VALUES ('catalogue', now()) USING TIMESTAMP ?"
        )

    def writer(self) -> BulkWriter:
        """Takes packed rows of the values of COLUMNS and `written_at`."""
        return BulkWriter(self._session, self._insert)

    def remove_older(self, productids: Iterable[str], written_at: int) -> None:
        """Removes those of the products that were written before `written_at`."""
        writer = BulkWriter(self._session, self._delete)
        for productid in productids:
            writer.write(pack((_long(written_at - 1), productid.encode())))
        writer.finish()

    def announce(self, written_at: int) -> None:
        """Tells the readers that the catalogue has changed."""
        with driver_errors():
            self._session.execute(self._announce, (written_at,), execution_profile=BULK_PROFILE)

    def count(self, productids: list[str]) -> int:
        """How many of the products there are."""
        questions = ((some,) for some in pieces(productids, PRODUCTS_PER_READ))
        return sum(1 for result in execute_many(self._session, self._count, questions) for _ in result)

    def productids(self) -> Iterator[str]:
        """Every product."""
        with driver_errors():
            for (productid,) in self._session.execute(
                f"SELECT productid FROM {self._table}", execution_profile=BULK_PROFILE
            ):
                yield productid
