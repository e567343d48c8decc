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
        """From (product, category, time of creation in UTC); one without a time counts as older than all others."""

        def newest_first(row: tuple[str, str | None, datetime | None]) -> tuple[float, str]:
            product, _, created_at = row
            return (float("inf") if created_at is None else (_EPOCH - created_at).total_seconds(), product)

        newest = nsmallest(NEWEST_HELD, rows, key=newest_first)
        return cls({product: category for product, category, _ in rows}, [product for product, _, _ in newest])


@dataclass(frozen=True)
class BestSellerLists:
    """The top products of a month such as 2026-10, over all and of each category, the best first.

    Some may have left the catalogue, or the category, since.
    """

    period: str = ""
    overall: Sequence[str] = ()
    of_categories: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Assortment:
    """What there is to show at one moment; it never changes, a new one replaces it."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    best_sellers: BestSellerLists = field(default_factory=BestSellerLists)
