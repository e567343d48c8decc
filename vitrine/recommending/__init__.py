"""What to show a shopper: plain functions over plain values. Reading those is vitrine.storage's part."""

from vitrine.recommending.assortment import LIMIT_MAXIMUM, Assortment, BestSellerLists, Catalogue
from vitrine.recommending.blending import VIEWED_LATELY, recommend
from vitrine.recommending.interest import VIEWS_THAT_COUNT
from vitrine.recommending.sources import SOURCES, Candidate, History, Source

__all__ = [
    "LIMIT_MAXIMUM",
    "SOURCES",
    "VIEWED_LATELY",
    "VIEWS_THAT_COUNT",
    "Assortment",
    "BestSellerLists",
    "Candidate",
    "Catalogue",
    "History",
    "Source",
    "recommend",
]
