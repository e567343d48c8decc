"""What a shopper is shown, in which order, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from vitrine.recommending.interest import Interest, interests
from vitrine.recommending.shelves import Shelves


class Source(StrEnum):
    """Why a product is shown, in the order in which the sources are drawn on."""

    CATEGORY = "category-best-sellers"
    OVERALL = "best-sellers"
    NEWEST = "newest"
    VIEWED = "viewed-lately"


class Recommendation(NamedTuple):
    """A product, where it comes from, and the same in words for people."""

    product: str
    source: Source
    reason: str


def recommend(views: Sequence[tuple[str, float]], shelves: Shelves, *, limit: int, now: float) -> list[Recommendation]:
    """`limit` different products of the catalogue, best first; fewer only when it has fewer.

    `views` are the shopper's latest, as (product, Unix seconds); `limit` is 1 to LIMIT_MAXIMUM; `now` is Unix seconds.
    First come the best sellers of the categories that the views show interest in, then the best sellers overall, then
    the newest products. What is among the views fills up what is left, in the same order.
    """
    viewed = {product for product, _ in views}
    interested_in = interests(views, shelves.catalogue.categories, now=now)
    candidates = chain(
        _candidates(shelves, interested_in, lambda product: product not in viewed),
        map(_as_viewed, _candidates(shelves, interested_in, viewed.__contains__)),
    )
    chosen: dict[str, Recommendation] = {}
    for candidate in candidates:
        chosen.setdefault(candidate.product, candidate)
        if len(chosen) == limit:
            break
    return list(chosen.values())


def is_personalized(recommendations: Sequence[Recommendation]) -> bool:
    """Whether any of them is there because of what the shopper viewed."""
    return any(each.source in {Source.CATEGORY, Source.VIEWED} for each in recommendations)


def _candidates(
    shelves: Shelves, interested_in: Sequence[Interest], wanted: Callable[[str], bool]
) -> Iterator[Recommendation]:
    """The wanted products, source after source; some come from several."""
    best_sellers = shelves.best_sellers
    of_categories = {
        interest: filter(wanted, best_sellers.of_categories.get(interest.category, ())) for interest in interested_in
    }
    for product, interest in _shared(of_categories):
        reason = f"best seller in {interest.category}, which you viewed {_times(interest.views)}"
        yield Recommendation(product, Source.CATEGORY, reason)
    for product in filter(wanted, best_sellers.overall):
        yield Recommendation(product, Source.OVERALL, f"top seller of {best_sellers.period}")
    for product in filter(wanted, shelves.catalogue.newest):
        yield Recommendation(product, Source.NEWEST, "new in the catalogue")


def _shared(products: Mapping[Interest, Iterator[str]]) -> Iterator[tuple[str, Interest]]:
    """The products of all categories, each category as often and as early as its weight asks for.

    Highest averages with the divisors of Webster and Sainte-Laguë (1, 3, 5, …): the next place goes to the category
    with the greatest weight / (2 x places taken + 1), in a tie to the one that comes first. A category that has run
    out leaves its places to the others.
    """
    taken = dict.fromkeys(products, 0)
    while taken:
        interest = max(taken, key=lambda each: each.weight / (2 * taken[each] + 1))
        product = next(products[interest], None)
        if product is None:
            del taken[interest]
        else:
            taken[interest] += 1
            yield product, interest


def _as_viewed(candidate: Recommendation) -> Recommendation:
    return candidate._replace(source=Source.VIEWED, reason=f"{candidate.reason}; comes last, as you viewed it lately")


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
