"""Users and products that Cassandra has and Postgres does not know (any more).

Most often they were deleted. When it is most of them, it is more likely that the settings name an empty or another
database, so a run stops unless it is told that the removal is intended.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its name looks like

from vitrine.errors import PipelineError
from vitrine.orders import BEGINNING_OF_TIME, END_OF_TIME, Slice
from vitrine.pipelines.chunks import NAME, new_write_time
from vitrine.settings import PipelineSettings, ShopDatabaseSettings, load
from vitrine.shop_database import extraction
from vitrine.storage.driver.bulk import pieces
from vitrine.storage.driver.link import Link
from vitrine.storage.tables.order_views import OrderLineStore
from vitrine.storage.tables.products import ProductStore

logger = logging.getLogger(__name__)

IDS_PER_LOOK = 5000
# Up to so many may be removed, whatever their share: a small shop, or one that is being set up, changes a lot.
FEW = 10


@dataclass(frozen=True)
class Vanished:
    """Those of the users and products in Cassandra that Postgres does not know, and how many there are in Cassandra."""

    users: list[str]
    users_in_cassandra: int
    products: list[str]
    products_in_cassandra: int


def vanished(cursor: Cursor, link: Link) -> Vanished:
    """Compares all users and products. A user without order lines is not known."""
    users = _missing(OrderLineStore(link).userids(), lambda some: extraction.users_without_lines(cursor, some))
    products = _missing(ProductStore(link).productids(), lambda some: extraction.missing_products(cursor, some))
    return Vanished(*users, *products)


def may_be_many(cursor: Cursor, changed_since: str | None) -> bool:
    """Whether the changes since a snapshot, their slices selected, remove more than a few users or products.

    It asks Postgres alone, at the cost of what has changed and not of all there is.
    """
    products = extraction.changed_products(cursor, changed_since)
    return (
        extraction.count_selected_users_without_lines(cursor) > FEW
        or len(extraction.missing_products(cursor, products)) > FEW
    )


def check(found: Vanished) -> None:
    """Raises PipelineError where that is a larger share of the users or products than the settings allow."""
    users, products = len(found.users), len(found.products)
    if is_few(users, found.users_in_cassandra) and is_few(products, found.products_in_cassandra):
        return
    share = load(PipelineSettings).maximum_removed_share
    postgres = load(ShopDatabaseSettings)
    raise PipelineError(
        f"nothing was carried over: it would remove {users} of {found.users_in_cassandra} users with orders and"
        f" {products} of {found.products_in_cassandra} products from Cassandra, more than VITRINE_MAXIMUM_REMOVED_SHARE"
        f" ({share:g}) of them. Is {postgres.shop_database} on {postgres.postgres_host}:{postgres.postgres_port} the"
        " right database, and whole? If the removal is meant, run once more with --allow-removal, or in Airflow press"
        " Trigger and switch allow_removal on"
    )


def remove(cursor: Cursor, link: Link, found: Vanished) -> None:
    """Removes them. After a database was restored to an earlier state, no recorded change says that they are gone."""
    if not (found.users or found.products):
        return
    lines, products = OrderLineStore(link), ProductStore(link)
    written_at = new_write_time(cursor, link)
    lines.remove_older((Slice(user, BEGINNING_OF_TIME, END_OF_TIME) for user in found.users), written_at)
    products.remove_older(found.products, written_at)
    products.announce(written_at)
    logger.info(
        "removed %d users and %d products that Postgres does not know",
        len(found.users),
        len(found.products),
        extra={"pipeline": NAME, "users": len(found.users), "products": len(found.products)},
    )


def is_few(gone: int, known: int) -> bool:
    """Whether so many of those that are known may be removed without asking."""
    share: float = load(PipelineSettings).maximum_removed_share
    return gone <= max(FEW, share * known)


def _missing(ids: Iterable[str], missing: Callable[[list[str]], list[str]]) -> tuple[list[str], int]:
    known = list(ids)
    return [each for some in pieces(known, IDS_PER_LOOK) for each in missing(list(some))], len(known)
