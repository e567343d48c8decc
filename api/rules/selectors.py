"""Reads: rules, and a list with and without them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from api import selectors, servers
from api.rules.models import Rule as Row
from vitrine import recommending
from vitrine.learning import Period
from vitrine.recommending import RULE, Assortment, Candidate, Filters, History, Rule


class Wanted(NamedTuple):
    """A list as it is asked for: for a shopper, beside a product, or what rises over a period."""

    list: str
    productid: str | None
    period: Period
    userid: str | None
    limit: int
    filters: Filters
    placement: str | None


class Change(NamedTuple):
    """A product whose place is another with rules; places are from 1, None for not shown."""

    product: str
    before: int | None
    after: int | None
    why: str


class Preview(NamedTuple):
    """A list without any rule, and with those that apply."""

    without: Sequence[Candidate]
    ruled: Sequence[Candidate]
    changes: Sequence[Change]


LISTS = ("for-you", "similar", "trending")
_Make = Callable[..., list[Candidate] | None]


def rules() -> Sequence[Row]:
    """All, those of the highest priority first."""
    return list(Row.objects.all())


def rule(ruleid: int) -> Row | None:
    return Row.objects.filter(pk=ruleid).first()


def preview(wanted: Wanted, *, draft: Rule | None, now: float) -> Preview | None:
    """A list with and without rules, out of one reading of what it is made of; None beside a product unknown.

    A draft counts beside the stored rules whatever its time span, in the place of the one that has its id. `now` is
    Unix seconds. Raises StorageUnavailableError.
    """
    held = selectors.assortment()
    make, page_category = _list(wanted, held, now)
    others = [each for each in servers.rulebook().rules() if draft is None or each.id != draft.id]
    where = {"placement": wanted.placement, "page_category": page_category}
    applying = [*recommending.applying(others, **where, now=now)]
    if draft is not None:
        applying += recommending.applying([draft], **where, now=draft.starts_at)
    without, ruled = make(rules=()), make(rules=applying)
    if without is None or ruled is None:
        return None
    return Preview(without, ruled, list(_changes(without, ruled, applying, held.catalogue.categories)))


def _list(wanted: Wanted, held: Assortment, now: float) -> tuple[_Make, str | None]:
    """What makes the list out of rules, and the category of its page."""
    limit, filters = wanted.limit, wanted.filters
    if wanted.list == "for-you":
        views, cart = selectors.views_and_cart(wanted.userid, now=now) if wanted.userid else ([], frozenset())
        left = selectors.without(cart, filters)
        return partial(recommending.recommend, History(views, now), held, limit=limit, filters=left), filters.category
    left = selectors.without(selectors.cart_of(wanted.userid), filters)
    if wanted.productid is not None:
        page_category = selectors.page_of(wanted.productid, held, filters)
        return partial(recommending.similar, wanted.productid, held, limit=limit, filters=left), page_category
    return partial(recommending.trending, wanted.period, held, limit=limit, filters=left), filters.category


def _changes(
    without: Sequence[Candidate],
    ruled: Sequence[Candidate],
    rules: Sequence[Rule],
    categories: Mapping[str, str | None],
) -> Iterator[Change]:
    """As the list with rules has them, then what is in the other one alone."""
    before, after = _places(without), _places(ruled)
    pinned = {each.product: each.reason for each in ruled if each.source == RULE}
    for product in dict.fromkeys([*after, *before]):
        places = before.get(product), after.get(product)
        if places[0] != places[1]:
            why = pinned.get(product) or recommending.said_of(product, categories.get(product), rules)
            yield Change(product, *places, why or _made_room(*places))


def _made_room(before: int | None, after: int | None) -> str:
    """Why a product has moved that no rule is about."""
    is_further_up = before is None or (after is not None and after < before)
    return "others before it have gone or moved" if is_further_up else "others have come before it"


def _places(found: Sequence[Candidate]) -> dict[str, int]:
    return {each.product: place for place, each in enumerate(found, start=1)}
