"""Where recommendations come from, one file a source; the lists here say in which order they are drawn on."""

from collections.abc import Sequence

from vitrine.learning import Period
from vitrine.recommending.sources.best_sellers_overall import BestSellersOverall
from vitrine.recommending.sources.category_best_sellers import CategoryBestSellers
from vitrine.recommending.sources.most_viewed import MostViewed
from vitrine.recommending.sources.newest import Newest
from vitrine.recommending.sources.same_category import SameCategory
from vitrine.recommending.sources.source import Candidate, History, Source, Wanted
from vitrine.recommending.sources.trending import Trending
from vitrine.recommending.sources.viewed_together import ViewedTogether

# For a shopper.
SOURCES: tuple[Source, ...] = (ViewedTogether(), CategoryBestSellers(), BestSellersOverall(), Newest(), MostViewed())
# For a product, as if it were the only one that was viewed.
SIMILAR: tuple[Source, ...] = (ViewedTogether(), SameCategory())
# For everybody.
TRENDING: dict[Period, tuple[Source, ...]] = {
    period: (Trending(period), BestSellersOverall(), Newest(), MostViewed()) for period in Period
}


def chosen(sources: Sequence[Source], names: Sequence[str]) -> Sequence[Source]:
    """Those of the sources that are named, in the order of the names; all where none is."""
    named = {source.name: source for source in sources}
    return [named[name] for name in names if name in named] if names else sources


def sources_of(name: str) -> list[str]:
    """The names of the sources of a list: for-you, similar or trending."""
    lists = {"for-you": SOURCES, "similar": SIMILAR, "trending": TRENDING[Period.DAY]}
    return [source.name for source in lists[name]]


__all__ = [
    "SIMILAR",
    "SOURCES",
    "TRENDING",
    "BestSellersOverall",
    "Candidate",
    "CategoryBestSellers",
    "History",
    "MostViewed",
    "Newest",
    "SameCategory",
    "Source",
    "Trending",
    "ViewedTogether",
    "Wanted",
    "chosen",
    "sources_of",
]
