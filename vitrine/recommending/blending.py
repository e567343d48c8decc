"""What a shopper is shown, in which order, and why."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.filters import NO_FILTERS, Filters, Selection
from vitrine.recommending.rules import GATHERED_MINIMUM, GATHERED_TIMES, Rule, moved, movers, narrowed, pins
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
    rules: Sequence[Rule] = (),
) -> list[Candidate]:
    """`limit` different products that the filters leave, best first; fewer only when the sources have fewer.

    `limit` is 1 to LIMIT_MAXIMUM. The sources are drawn on one after the other. What is among the views fills up what
    is left, in the same order. Without `reasons` they may say less of why. `rules` are those that apply here and now
    (vitrine.recommending.rules); what is pinned need not be given by a source, and may be among the views.
    """
    left = narrowed(filters, rules) if rules else filters
    asked = _Asked(history, assortment, Selection(assortment.catalogue, left), sources, reasons)
    most = filters.max_per_category
    return _ruled(asked, rules, limit, most) if rules else list(asked.gathered(limit, most))


class _Asked(NamedTuple):
    """A question to sources."""

    history: History
    assortment: Assortment
    selection: Selection
    sources: Sequence[Source]
    reasons: bool

    def gathered(self, limit: int, most: int | None) -> Iterable[Candidate]:
        """Different products, what was viewed last, no more than `most` of each category."""
        viewed = self.viewed()
        shown = _Shown(self.assortment, most)
        unseen = self._candidates(lambda product: product not in viewed and shown.has_room(product))
        again = self._candidates(lambda product: product in viewed and shown.has_room(product))
        for candidate in chain(unseen, map(_as_viewed, again)):
            shown.add(candidate)
            if len(shown.chosen) == limit:
                break
        return shown.chosen.values()

    def viewed(self) -> set[str]:
        return {product for product, _ in self.history.views}

    def _candidates(self, also: Callable[[str], bool]) -> Iterator[Candidate]:
        wanted = Wanted(self.selection, also, self.reasons)
        return chain.from_iterable(source.candidates(self.history, self.assortment, wanted) for source in self.sources)


def _ruled(asked: _Asked, rules: Sequence[Rule], limit: int, most: int | None) -> list[Candidate]:
    """The answer with what rules pin, boost and bury; what they hide and require is in the selection."""
    shown = _Shown(asked.assortment, most)
    pinned = _pin(asked.selection, rules, shown, limit)
    moving = movers(rules)
    found: Iterable[Candidate]
    if moving:
        # With as many more of each category: what is left of them fills the answer, whatever is moved where.
        wanted = max(GATHERED_TIMES * limit, GATHERED_MINIMUM)
        gathered = asked.gathered(wanted + len(pinned), most and GATHERED_TIMES * most)
        found = moved(gathered, moving, categories=asked.assortment.catalogue.categories, viewed=asked.viewed())
    else:
        found = asked.gathered(limit + len(pinned), most)
    for candidate in found:
        if len(shown.chosen) == limit:
            break
        if shown.has_room(candidate.product):
            shown.add(candidate)
    answer = list(shown.chosen.values())[len(pinned) :]
    for place in sorted(pinned):
        answer.insert(place - 1, pinned[place])
    return answer


def _pin(selection: Selection, rules: Sequence[Rule], shown: "_Shown", limit: int) -> dict[int, Candidate]:
    """What is pinned, by its place: the one that it asks for, or the next that is free. It is shown then."""
    pinned: dict[int, Candidate] = {}
    for position, candidate in pins(rules):
        product = candidate.product
        if product in shown.chosen or product not in selection or not shown.has_room(product):
            continue
        if place := next((each for each in range(position, limit + 1) if each not in pinned), None):
            pinned[place] = candidate
            shown.add(candidate)
            if len(pinned) == limit:
                break
    return pinned


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
