"""What is in each shopper's cart, in Cassandra: made of the events that put in, take out and order."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from cassandra import ReadFailure

from vitrine.storage.driver.bulk import BulkWriter, ids
from vitrine.storage.driver.connection import BULK_PROFILE, WRITE_PROFILE, driver_errors
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.packed import PackedRow, as_int, as_long, pack
from vitrine.storage.driver.reads import read
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import microseconds

# More than a cart holds: whoever puts more into one is not asked about all of it.
MOST = 500


def added_row(userid: str, productid: str, milliseconds: int, ttl: int) -> PackedRow:
    """A product in a cart from a Unix time in milliseconds on, for `ttl` seconds from now."""
    moment = as_long(milliseconds)
    return pack((userid.encode(), productid.encode(), moment, as_long(milliseconds * 1000), as_int(ttl)))


def removed_row(userid: str, productid: str, milliseconds: int) -> PackedRow:
    """A product that is not in a cart any more from a Unix time in milliseconds on."""
    return pack((as_long(milliseconds * 1000), userid.encode(), productid.encode()))


class CartStore:
    """The table carts. Every method raises StorageUnavailableError.

    The write time of a row is the time of its event: an event that comes late, or again, changes nothing.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._insert = link.statement(insert("carts", ("userid", "productid", "added_at"), using=("TIMESTAMP", "TTL")))
        self._delete = link.statement(
            "DELETE FROM {keyspace}.carts USING TIMESTAMP ? WHERE userid = ? AND productid = ?"
        )
        self._products = link.statement(select("carts", ("productid",), where="userid = ?"))
        self._rows = link.statement(select("carts", ("productid", "added_at"), where="userid = ?"))
        self._userids = link.statement("SELECT DISTINCT userid FROM {keyspace}.carts")
        self._erase = link.statement("DELETE FROM {keyspace}.carts USING TIMESTAMP ? WHERE userid = ?")

    @property
    def kept_seconds(self) -> float:
        """For how long a product is taken to be in a cart, from the time at which it was put in."""
        return self._link.settings.cart_days * 86400

    def adder(self) -> BulkWriter:
        """Takes rows of added_row()."""
        return BulkWriter(self._link, self._insert, profile=WRITE_PROFILE)

    def remover(self) -> BulkWriter:
        """Takes rows of removed_row()."""
        return BulkWriter(self._link, self._delete, profile=WRITE_PROFILE)

    def ask(self, userid: str) -> Callable[[], frozenset[str]]:
        """Asks what is in a cart, and returns at once. The function gives the answer: 500 products at most."""
        with driver_errors():
            rows = read(self._link, self._products, (userid.encode(),), first_page_rows=MOST)

        def answer() -> frozenset[str]:
            with driver_errors():
                return frozenset(productid for (productid,) in islice(rows, MOST))

        return answer

    def kept(self, userid: str) -> list[tuple[str, datetime]]:
        """Each product in a cart, and since when."""
        with driver_errors():
            return self._kept(userid)

    def userids(self) -> Iterator[str]:
        """Every user whose cart holds something."""
        return ids(self._link, self._userids)

    def erase(self, userid: str, *, until: int, also_later: bool) -> int | None:
        """Empties a cart of what was put in up to `until` (Unix milliseconds), or, `also_later`, of all that is in it.

        Returns how many products that were; None where so much was put in and taken out that they cannot be counted,
        and what was put in later is left. Doing it again changes nothing.
        """
        moment = datetime.fromtimestamp(until / 1000, UTC).replace(tzinfo=None)
        gone: list[tuple[str, datetime]] | None = None
        with driver_errors(), suppress(ReadFailure):
            gone = [(product, added) for product, added in self._kept(userid) if also_later or added <= moment]
        with driver_errors():
            session = self._link.session
            session.execute(self._erase.prepared, (until * 1000, userid), execution_profile=BULK_PROFILE)
            for product, added in gone or ():
                if added > moment:
                    values = (microseconds(added), userid, product)
                    session.execute(self._delete.prepared, values, execution_profile=BULK_PROFILE)
        return None if gone is None else len(gone)

    def _kept(self, userid: str) -> list[tuple[str, datetime]]:
        return list(self._link.session.execute(self._rows.prepared, (userid,), execution_profile=BULK_PROFILE))
