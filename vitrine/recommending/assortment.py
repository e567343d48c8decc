"""What there is to show: the catalogue, what sells best, and what is viewed together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vitrine.recommending.catalogue import Catalogue
from vitrine.recommending.learned import Learned

LIMIT_MAXIMUM = 50


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
    # None where there is no model.
    learned: Learned | None = None
