"""Where recommendations come from, one file a source; SOURCES is the order in which they are used."""

from vitrine.recommending.sources.best_sellers_overall import BestSellersOverall
from vitrine.recommending.sources.category_best_sellers import CategoryBestSellers
from vitrine.recommending.sources.newest import Newest
from vitrine.recommending.sources.source import Candidate, History, Source, Wanted

SOURCES: tuple[Source, ...] = (CategoryBestSellers(), BestSellersOverall(), Newest())

__all__ = ["SOURCES", "BestSellersOverall", "Candidate", "CategoryBestSellers", "History", "Newest", "Source", "Wanted"]
