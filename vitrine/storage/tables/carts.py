"""What is in each shopper's cart, in Cassandra: made of the events that put in, take out and order.

What a customer put in as a visitor is read with their own cart; nothing is copied.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
from cassandra import ReadFailure

from vitrine.errors import StorageUnavailableError
from vitrine.identity import owner
from vitrine.shop_events import Item, Order, OrderCompleted, ProductRemoved
from vitrine.storage.driver.bulk import BulkWriter, ids
from vitrine.storage.driver.connection import BULK_PROFILE, WRITE_PROFILE, driver_errors
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.packed import PackedRow, as_int, as_long, pack
from vitrine.storage.driver.reads import read
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import microseconds
from vitrine.storage.tables.identities import IdentityStore

# More than a cart holds: whoever puts more into one is not asked about all of it.
MOST = 500
# The events that take out of a cart, and their properties.
_ORDERED, _REMOVED = (str(kind.__struct_config__.tag) for kind in (OrderCompleted, ProductRemoved))
_decode_order = msgspec.json.Decoder(Order).decode
_decode_item = msgspec.json.Decoder(Item).decode


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
        self._identities = IdentityStore(link)
        self._insert = link.statement(insert("carts", ("userid", "productid", "added_at"), using=("TIMESTAMP", "TTL")))
        self._delete = link.statement(
            "DELETE FROM {keyspace}.carts USING TIMESTAMP ? WHERE userid = ? AND productid = ?"
        )
        self._products = link.statement(select("carts", ("productid", "has_visitors"), where="userid = ?"))
        self._rows = link.statement(select("carts", ("productid", "added_at"), where="userid = ?"))
        # A deletion leaves nothing to read in a cart: what a customer took out of a visitor's stands in the events. The
        # others of them are passed over by Cassandra.
        self._taking_out = link.statement(
            select(
                "shop_events",
                ("event", "properties", "eventtime"),
                where=f"userid = ? AND eventtime >= ? AND event IN ('{_ORDERED}', '{_REMOVED}') ALLOW FILTERING",
            )
        )
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
        """Asks what is in a cart, and returns at once. The function gives the answer: 500 products at most of each id.

        What a customer put in as a visitor is in it (vitrine.identity), unless the customer took it out or ordered it
        afterwards. Who was never a visitor costs one read.
        """
        with driver_errors():
            rows = read(self._link, self._products, (userid.encode(),), first_page_rows=MOST)

        def answer() -> frozenset[str]:
            with driver_errors():
                found = list(islice(rows, MOST))
            own = frozenset(productid for productid, _ in _without_mark(found))
            if not (found and found[0][1]):
                return own
            # A visitor's cart that cannot be read is no cart, and takes nothing out of the customer's own.
            with suppress(StorageUnavailableError), driver_errors():
                return own | self._put_in_as_visitor(userid, own)
            return own

        return answer

    def kept(self, userid: str) -> list[tuple[str, datetime]]:
        """Each product in the cart of one id, and since when."""
        with driver_errors():
            return self._kept(userid)

    def userids(self) -> Iterator[str]:
        """Every user of whom there is anything."""
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
        rows = self._link.session.execute(self._rows.prepared, (userid,), execution_profile=BULK_PROFILE)
        return list(_without_mark(rows))

    def _put_in_as_visitor(self, userid: str, own: frozenset[str]) -> frozenset[str]:
        """What is in the carts of the visitors that a customer was, is not in their own, and is this customer's."""
        # All carts side by side; then, of those that hold something, who the visitor was.
        carts = [
            (each.visitorid, read(self._link, self._rows, (each.visitorid.encode(),), first_page_rows=MOST))
            for each in self._identities.merged(userid)
        ]
        filled = [
            (rows, self._identities.ask_identifications(visitorid))
            for visitorid, cart in carts
            if (rows := [row for row in _without_mark(islice(cart, MOST)) if row[0] not in own])
        ]
        added: dict[str, datetime] = {}
        for rows, answer in filled:
            identifications = answer()
            for productid, moment in rows:
                if owner(identifications, moment) == userid:
                    added[productid] = max(moment, added.get(productid, moment))
        return frozenset(added).difference(self._taken_out(userid, added)) if added else frozenset()

    def _taken_out(self, userid: str, added: dict[str, datetime]) -> Iterator[str]:
        """Those products that a customer took out or ordered when they had been put in, or at the same moment."""
        since = as_long(microseconds(min(added.values())) // 1000)
        rows = read(self._link, self._taking_out, (userid.encode(), since), first_page_rows=MOST)
        for event, properties, moment in islice(rows, MOST):
            items = _decode_order(properties).products if event == _ORDERED else [_decode_item(properties)]
            for item in items:
                if item.productid in added and added[item.productid] <= moment:
                    yield item.productid


def _without_mark(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, Any]]:
    """Without the row that Cassandra makes of a static column where there is no other."""
    return ((productid, value) for productid, value in rows if productid is not None)
