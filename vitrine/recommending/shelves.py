"""What there is to show: the catalogue, and what sells best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import Self

from vitrine.recommending.interest import VIEWS_THAT_COUNT

LIMIT_MAXIMUM = 50
# However many of them were viewed lately or are shown already, there are enough left to fill an answer.
NEWEST_HELD = LIMIT_MAXIMUM + VIEWS_THAT_COUNT

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - rows hold UTC without saying so


@dataclass(frozen=True)
class Catalogue:
    """The category of each product, and the newest products: the last created first, then by product id."""

    categories: Mapping[str, str | None] = field(default_factory=dict)
    newest: Sequence[str] = ()

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str | None, datetime | None]]) -> Self:
        """From (product, category, moment of creation in UTC); one without a moment is older than all others."""

        def newest_first(row: tuple[str, str | None, datetime | None]) -> tuple[float, str]:
            product, _, created_at = row
            return (float("inf") if created_at is None else (_EPOCH - created_at).total_seconds(), product)

        newest = nsmallest(NEWEST_HELD, rows, key=newest_first)
        return cls({product: category for product, category, _ in rows}, [product for product, _, _ in newest])


@dataclass(frozen=True)
class BestSellers:
    """The top products of a period such as 2026-10, over all and of each category, the best first."""

    period: str = ""
    overall: Sequence[str] = ()
    of_categories: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shelves:
    """What there is to show at one moment; never changed, but replaced by the next."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    best_sellers: BestSellers = field(default_factory=BestSellers)

    @classmethod
    def of(cls, catalogue: Catalogue, best_sellers: BestSellers) -> Self:
        """Best sellers that left the catalogue are left out, from a category's list also those that left it."""
        categories = catalogue.categories
        overall = [product for product in best_sellers.overall if product in categories]
        of_categories = {
            category: [product for product in products if categories.get(product) == category]
            for category, products in best_sellers.of_categories.items()
        }
        return cls(catalogue, BestSellers(best_sellers.period, overall, of_categories))
