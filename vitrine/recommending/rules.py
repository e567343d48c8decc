"""What the shop's people want to be shown, whatever the sources give: rules that pin, boost, bury, hide, require.

Where several are about one product: hide beats all others, then require: what is not in each group that is required is
not shown. Of pins, the one of the highest priority chooses its place first, of two with the same the older one. Boosts
and buries all count together: a product at place p of what the sources gave is sorted as if it stood at
p x (strengths of what buries it) / (strengths of what boosts it), in a tie after the one that stood before it. Places
are used, not scores, as these are comparable within one source only.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from math import inf

from vitrine.products import and_above
from vitrine.recommending.filters import Filters
from vitrine.recommending.groups import Group, union
from vitrine.recommending.sources import Candidate

# Named as the source of pinned products.
RULE = "rule"
# Where some are to be moved, so many times as many products as are wanted are gathered, and no fewer than for ten.
GATHERED_TIMES = 3
GATHERED_MINIMUM = 30

_DONE = {"pin": "pinned", "boost": "boosted", "bury": "buried", "hide": "hidden", "require": "left out"}


class RuleKind(StrEnum):
    """What a rule does with its products."""

    PIN = "pin"
    BOOST = "boost"
    BURY = "bury"
    HIDE = "hide"
    REQUIRE = "require"


@dataclass(frozen=True)
class Rule:
    """A rule. Its products are those that it names and all of its category; a pin names them, in their order.

    It applies from `starts_at` until before `ends_at` (Unix seconds), at one placement and on pages of one category,
    or, without these, at any.
    """

    # None for a draft.
    id: int | None
    name: str
    kind: RuleKind
    products: tuple[str, ...] = ()
    category: str | None = None
    placement: str | None = None
    page_category: str | None = None
    starts_at: float = -inf
    ends_at: float = inf
    priority: int = 0
    # Where the first of the pinned products stands, from 1; the others follow.
    position: int = 1
    # By what a place is divided (boost) or multiplied (bury).
    strength: float = 1.0

    def applies(self, *, placement: str | None, page_categories: Collection[str], now: float) -> bool:
        """Whether it applies to a list at a placement, on a page of these categories, each a part of the one before."""
        return (
            self.starts_at <= now < self.ends_at
            and self.placement in (None, placement)
            and (self.page_category is None or self.page_category in page_categories)
        )

    def is_about(self, product: str, categories: Collection[str]) -> bool:
        """Whether it is about a product of these categories, each a part of the one before."""
        return product in self.group.products or self.category in categories

    @property
    def said(self) -> str:
        """What it did, in words for people."""
        return f"{_DONE[self.kind]} by {'the draft' if self.id is None else f'rule {self.id}'} ({self.name})"

    @cached_property
    def group(self) -> Group:
        return Group(frozenset(self.products), frozenset() if self.category is None else frozenset([self.category]))


def applying(rules: Iterable[Rule], *, placement: str | None, page_category: str | None, now: float) -> Sequence[Rule]:
    """Those that apply to a list at a placement, on a page of a category; None where there is none that is known.

    `now` is Unix seconds.
    """
    categories = and_above(page_category)
    return [rule for rule in rules if rule.applies(placement=placement, page_categories=categories, now=now)]


def narrowed(filters: Filters, rules: Sequence[Rule]) -> Filters:
    """The filters with what rules hide and require."""
    hiding = tuple(rule.group for rule in rules if rule.kind is RuleKind.HIDE)
    requiring = tuple(union((rule.group,)) for rule in rules if rule.kind is RuleKind.REQUIRE)
    if not hiding and not requiring:
        return filters
    return replace(filters, hidden=union(hiding) if hiding else None, required=requiring)


def pins(rules: Sequence[Rule]) -> Iterator[tuple[int, Candidate]]:
    """What is to be pinned, with the place that it asks for, in the order in which they choose."""
    chosen = (rule for rule in rules if rule.kind is RuleKind.PIN)
    for rule in sorted(chosen, key=lambda each: (-each.priority, inf if each.id is None else each.id)):
        said = rule.said
        for place, product in enumerate(rule.products, start=rule.position):
            yield place, Candidate(product, RULE, 1 / place, said, is_personal=False)


def movers(rules: Sequence[Rule]) -> Sequence[Rule]:
    """The boosts and buries."""
    return [rule for rule in rules if rule.kind in (RuleKind.BOOST, RuleKind.BURY)]


def moved(
    found: Iterable[Candidate], movers: Sequence[Rule], *, categories: Mapping[str, str | None], viewed: Set[str]
) -> Sequence[Candidate]:
    """What the sources gave, in the order that boosts and buries make of it. What was viewed stays behind the rest."""

    def sorted_as(place: int, candidate: Candidate) -> tuple[bool, float, int, Candidate]:
        own = and_above(categories.get(candidate.product))
        about = [rule for rule in movers if rule.is_about(candidate.product, own)]
        as_if = float(place)
        for rule in about:
            as_if = as_if / rule.strength if rule.kind is RuleKind.BOOST else as_if * rule.strength
        reason = "; ".join([candidate.reason, *(rule.said for rule in about)])
        return candidate.product in viewed, as_if, place, candidate._replace(reason=reason)

    return [each[-1] for each in sorted(sorted_as(*each) for each in enumerate(found, start=1))]


def said_of(product: str, category: str | None, rules: Sequence[Rule]) -> str:
    """What rules did with a product that they did not pin, in words for people; empty where they did nothing."""
    categories = and_above(category)
    about = [rule for rule in rules if rule.is_about(product, categories)]
    hiding = [rule for rule in about if rule.kind is RuleKind.HIDE]
    missed = [rule for rule in rules if rule.kind is RuleKind.REQUIRE and rule not in about]
    return "; ".join(rule.said for rule in hiding or missed or movers(about))
