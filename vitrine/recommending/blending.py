"""What a shopper is shown, in which order, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.filters import NO_FILTERS, Filters, Selection
from vitrine.recommending.sources import SOURCES, Candidate, History, Source, Wanted

# Named as the source of products that come last.
VIEWED_LATELY = "viewed-lately"


def recommend(  # noqa: PLR0913 - all but two are keywords
    history: History,
    assortment: Assortment,
    *,
    limit: int,
    filters: Filters = NO_FILTERS,
    sources: Sequence[Source] = SOURCES,
    reasons: bool = True,
) -> list[Candidate]:
    """`limit` different products that the filters leave, best first; fewer only when the sources have fewer.

    `limit` is 1 to LIMIT_MAXIMUM. The sources are drawn on one after the other. What is among the views fills up what
    is left, in the same order. Without `reasons` they may say less of why.
    """
    viewed = {product for product, _ in history.views}
    selection = Selection(assortment.catalogue, filters)
    shown = _Shown(assortment, filters.max_per_category)

    def candidates(wanted: Wanted) -> Iterator[Candidate]:
        return chain.from_iterable(source.candidates(history, assortment, wanted) for source in sources)

    unseen = candidates(Wanted(selection, lambda product: product not in viewed and shown.has_room(product), reasons))
    again = candidates(Wanted(selection, lambda product: product in viewed and shown.has_room(product), reasons))
    for candidate in chain(unseen, map(_as_viewed, again)):
        shown.add(candidate)
        if len(shown.chosen) == limit:
            break
    return list(shown.chosen.values())


class _Shown:
    """What an answer holds, and how much of each category."""

    def __init__(self, assortment: Assortment, max_per_category: int | None) -> None:
        self.chosen: dict[str, Candidate] = {}
        self._categories = assortment.catalogue.categories
        self._most = max_per_category
        self._counts: Counter[str] = Counter()

    def has_room(self, product: str) -> bool:
        """Whether the product's category may come once more."""
        category = self._categories.get(product) if self._most else None
        return category is None or self._counts[category] < (self._most or 0)

    def add(self, candidate: Candidate) -> None:
        if candidate.product in self.chosen:
            return
        self.chosen[candidate.product] = candidate
        if category := self._categories.get(candidate.product):
            self._counts[category] += 1


def _as_viewed(candidate: Candidate) -> Candidate:
    reason = f"{candidate.reason}; comes last, as you viewed it lately"
    return candidate._replace(source=VIEWED_LATELY, reason=reason, is_personal=True)
