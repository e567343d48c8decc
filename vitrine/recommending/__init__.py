"""What to show: plain functions over plain values and the model's arrays. Reading rows is vitrine.storage's part."""

from vitrine.recommending.assortment import LIMIT_MAXIMUM, Assortment, BestSellerLists
from vitrine.recommending.blending import VIEWED_LATELY, recommend
from vitrine.recommending.catalogue import Catalogue, Product
from vitrine.recommending.filters import Filters
from vitrine.recommending.interest import VIEWS_THAT_COUNT
from vitrine.recommending.learned import Learned, ModelCache
from vitrine.recommending.lists import similar, trending
from vitrine.recommending.rules import RULE, Rule, RuleKind, applying, said_of
from vitrine.recommending.sources import (
    SIMILAR,
    SOURCES,
    TRENDING,
    Candidate,
    History,
    Source,
    chosen,
    sources_of,
)

__all__ = [
    "LIMIT_MAXIMUM",
    "RULE",
    "SIMILAR",
    "SOURCES",
    "TRENDING",
    "VIEWED_LATELY",
    "VIEWS_THAT_COUNT",
    "Assortment",
    "BestSellerLists",
    "Candidate",
    "Catalogue",
    "Filters",
    "History",
    "Learned",
    "ModelCache",
    "Product",
    "Rule",
    "RuleKind",
    "Source",
    "applying",
    "chosen",
    "recommend",
    "said_of",
    "similar",
    "sources_of",
    "trending",
]
