"""What there is to show, read from Cassandra and held in memory."""

import time
from collections.abc import Iterable
from functools import partial

from vitrine.recommending import Assortment, BestSellerLists, Catalogue, Product
from vitrine.settings import Winner
from vitrine.storage.catalogue import CatalogueReader
from vitrine.storage.driver.connection import READ_TIMEOUT_SECONDS
from vitrine.storage.driver.link import Link
from vitrine.storage.edition_cache import EditionCache, Row
from vitrine.storage.tables.best_sellers import OVERALL, BestSellerStore
from vitrine.storage.tables.editions import BEST_SELLERS, CATALOGUE, Edition, EditionStore


class AssortmentCache:
    """The catalogue and the best-seller lists, held in memory. Safe to use from several threads.

    A new edition of the catalogue is read whole; what API and feeds change, product by product.
    """

    def __init__(self, link: Link, winner: Winner = "api") -> None:
        editions = EditionStore(link)
        reader = CatalogueReader(link, winner)
        self._catalogue = EditionCache(
            "catalogue",
            edition=partial(editions.current, CATALOGUE),
            pages=reader.pages,
            build=_catalogue,
            update=reader.updated,
        )
        self._best_sellers = EditionCache(
            "best sellers",
            edition=partial(editions.current, BEST_SELLERS),
            pages=BestSellerStore(link).pages,
            build=_best_sellers,
        )

    def current(self) -> Assortment:
        """What there is to show, as a rule without waiting; empty if nothing was ever stored.

        What may be out of date is not shown before Cassandra was asked again. Raises StorageUnavailableError when it
        does not answer in time.
        """
        deadline = time.monotonic() + READ_TIMEOUT_SECONDS
        self._best_sellers.ask()
        catalogue = self._catalogue.current(READ_TIMEOUT_SECONDS)
        return Assortment(catalogue, self._best_sellers.current(max(0.0, deadline - time.monotonic())))

    def close(self) -> None:
        """Ends the threads that read; it cannot be used any more."""
        self._catalogue.close()
        self._best_sellers.close()


def _catalogue(_: Edition, rows: Iterable[Row]) -> Catalogue:
    catalogue = Catalogue.of(Product(*row) for row in rows).at(time.time())
    catalogue.prepare()
    return catalogue


def _best_sellers(edition: Edition, rows: Iterable[Row]) -> BestSellerLists:
    overall: list[str] = []
    of_categories: dict[str, list[str]] = {}
    for scope, category, products in rows:
        if scope == OVERALL:
            overall = products or []
        else:
            of_categories[category] = products or []
    return BestSellerLists(edition.period or "", overall, of_categories)
