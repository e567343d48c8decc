"""What to show a shopper: plain functions over plain values. Reading those is vitrine.storage's part."""

from vitrine.recommending.blending import Recommendation, Source, is_personalized, recommend
from vitrine.recommending.interest import VIEWS_THAT_COUNT
from vitrine.recommending.shelves import LIMIT_MAXIMUM, BestSellers, Catalogue, Shelves

__all__ = [
    "LIMIT_MAXIMUM",
    "VIEWS_THAT_COUNT",
    "BestSellers",
    "Catalogue",
    "Recommendation",
    "Shelves",
    "Source",
    "is_personalized",
    "recommend",
]
