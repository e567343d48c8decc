"""Which categories a shopper is interested in."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

# The newest ones. For a shopper with more views than that, older ones weigh next to nothing.
VIEWS_THAT_COUNT = 100
CATEGORIES_THAT_COUNT = 3
# A shopper who is choosing comes back within days. A view from a week ago counts half as much as one from now, a view
# from a month ago a nineteenth: the last visit leads, and habits still show.
HALF_LIFE_SECONDS = 7 * 86400.0


class Interest(NamedTuple):
    """A category, how much it matters, and how many of the views were of it."""

    category: str
    weight: float
    views: int


def interests(
    views: Iterable[tuple[str, float]], categories: Mapping[str, str | None], *, now: float
) -> list[Interest]:
    """The categories of the views, at most three, the most interesting first.

    `views` are (product, Unix seconds), `now` is Unix seconds. A view weighs 0.5 ** (age / half-life); one from a
    fast clock weighs as much as one from now. Equal weights are ordered by category. Views of products that the
    catalogue does not know, or knows no category of, count for nothing.
    """
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    for product, time in views:
        category = categories.get(product)
        if category is not None:
            age = max(0.0, now - time)
            weights[category] = weights.get(category, 0.0) + 0.5 ** (age / HALF_LIFE_SECONDS)
            counts[category] = counts.get(category, 0) + 1
    most_interesting = sorted(weights, key=lambda category: (-weights[category], category))
    return [
        Interest(category, weights[category], counts[category]) for category in most_interesting[:CATEGORIES_THAT_COUNT]
    ]
