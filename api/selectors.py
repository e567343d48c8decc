"""Reads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC
from typing import Any

from api import servers
from api.limits import NEWEST_EVENTS
from api.lists import ListParameters
from vitrine import recommending
from vitrine.errors import StorageUnavailableError, UnavailableError
from vitrine.experiments import Arm, Model
from vitrine.learning import LINEAR, Period
from vitrine.products import CatalogueProduct
from vitrine.recommending import VIEWS_THAT_COUNT, Assortment, Candidate, Filters, History, Rule
from vitrine.storage.tables.product_views import KeptView
from vitrine.storage.tables.shop_events import KeptEvent

# What everybody is shown who takes part in no experiment.
USUAL = Arm("usual")


def latest_products(*, userid: str, limit: int, now: float) -> list[str]:
    """The user's last distinct viewed products, newest view first; empty for a user never seen.

    `now` is Unix seconds. Raises StorageUnavailableError.
    """
    return servers.cassandra.call(servers.views().latest_products, userid, limit=limit, now=now)


def recommendations(*, userid: str, asked: ListParameters, now: float, arm: Arm = USUAL) -> list[Candidate]:
    """As many different products for a user as are asked for, best first; fewer only where the filters leave fewer.

    The user's views and cart are read now, catalogue and best sellers are held for a few seconds, the model is as of
    now. What is in the cart is left out. The rules that apply at the placement now are followed. Unless they are to be
    explained they may say less of why. `arm` is that of an experiment. `now` is Unix seconds. Raises
    StorageUnavailableError.
    """
    views, cart = views_and_cart(userid, now=now)
    left = without(cart, asked.filters)
    rules = _rules(asked.placement, asked.filters.category, now, arm)
    found = recommending.recommend(
        History(views, now),
        _assortment_of(arm),
        limit=asked.limit,
        filters=left,
        sources=recommending.chosen(recommending.SOURCES, arm.sources),
        reasons=asked.explain,
        rules=rules,
    )
    return _shown_in(arm, found)


def similar_products(
    *, productid: str, userid: str | None, asked: ListParameters, now: float, arm: Arm = USUAL
) -> list[Candidate] | None:
    """What goes with a product, but for what is in the user's cart, where one is named and it can be read.

    The rules that apply at the placement now (Unix seconds), on a page of the product's category, are followed. None
    for a product that is not known. Raises StorageUnavailableError.
    """
    left, held = without(cart_of(userid), asked.filters), _assortment_of(arm)
    rules = _rules(asked.placement, page_of(productid, held, asked.filters), now, arm)
    found = recommending.similar(
        productid,
        held,
        limit=asked.limit,
        filters=left,
        reasons=asked.explain,
        rules=rules,
        sources=arm.sources,
    )
    return None if found is None else _shown_in(arm, found)


def trending_products(
    *, period: Period, userid: str | None, asked: ListParameters, now: float, arm: Arm = USUAL
) -> list[Candidate]:
    """What rises now, but for what is in the user's cart, where one is named and it can be read.

    The rules that apply at the placement now (Unix seconds) are followed. Raises StorageUnavailableError.
    """
    left = without(cart_of(userid), asked.filters)
    rules = _rules(asked.placement, asked.filters.category, now, arm)
    found = recommending.trending(
        period,
        _assortment_of(arm),
        limit=asked.limit,
        filters=left,
        reasons=asked.explain,
        rules=rules,
        sources=arm.sources,
    )
    return _shown_in(arm, found)


def stored_event(*, userid: str, messageid: str, now: float) -> dict[str, Any] | None:
    """Where an event of a user is in Cassandra, if it is among their newest there; `now` is Unix seconds.

    Raises StorageUnavailableError.
    """
    found: KeptView | KeptEvent | None
    found = servers.cassandra.call(servers.views().kept_view, userid, messageid, among=NEWEST_EVENTS, now=now)
    if found is not None:
        kind, table, at = "ProductView", "product_views", found.viewed_at
    else:
        read = servers.shop_events().kept_event
        found = servers.cassandra.call(read, userid, messageid, among=NEWEST_EVENTS, now=now)
        if found is None:
            return None
        kind, table, at = found.event, "shop_events", found.occurred_at
    return {
        "message-id": messageid,
        "user-id": userid,
        "event": kind,
        "table": table,
        "time": at.replace(tzinfo=UTC),
        "counted": not found.uncounted,
    }


def details(products: Sequence[str]) -> list[dict[str, Any]]:
    """What a page shows of each of the products that the catalogue has, in their order; empty while it is away."""
    try:
        found = servers.cassandra.call(servers.products().read, products)
    except StorageUnavailableError:
        return []
    return [_detail(found[product]) for product in products if product in found]


def _detail(product: CatalogueProduct) -> dict[str, Any]:
    return {
        "product": product.productid,
        "title": product.title,
        "price": product.price,
        "currency": product.currency,
        "image": product.image,
        "url": product.url,
        "brand": product.brand,
        "in-stock": product.in_stock is not False,
    }


def model_state(*, now: float) -> dict[str, float] | str:
    """Which generation of the model answers, and the seconds since its newest event; "none" where there is none."""
    generation = servers.model().generation()
    if generation is None or (newest := generation.newest) is None:
        return "none"
    return {"generation": generation.number, "age-seconds": round(max(0.0, now - newest), 3)}


def lost_messages() -> int:
    """How many messages of what was shown this process could not send."""
    return servers.shown().lost


def server_states() -> dict[str, bool]:
    """Whether each server behind the API answers now, by name. Takes less than a second."""
    checks = {"cassandra": _check_cassandra, "kafka": servers.publisher().check}
    # Side by side: one after the other, two servers that hang would take too long.
    with ThreadPoolExecutor(len(checks)) as pool:
        return dict(zip(checks, pool.map(_answers, checks.values()), strict=True))


def views_and_cart(userid: str, *, now: float) -> tuple[list[tuple[str, float]], frozenset[str]]:
    """The latest views of a user, and what is in their cart, side by side. Raises StorageUnavailableError."""
    return servers.cassandra.call(_asked_views_and_cart, userid, now=now)


def _asked_views_and_cart(userid: str, *, now: float) -> tuple[list[tuple[str, float]], frozenset[str]]:
    cart = servers.carts().ask(userid)
    views = servers.views().latest_views(userid, limit=VIEWS_THAT_COUNT, now=now)
    try:
        return views, cart()
    except StorageUnavailableError:
        # A cart of which too much is to be read keeps nobody from being answered.
        return views, frozenset()


def cart_of(userid: str | None) -> frozenset[str]:
    """Empty for nobody. These lists are held in memory and stay when Cassandra goes away; then nobody has a cart."""
    if userid is None:
        return frozenset()
    try:
        return servers.cassandra.call(_asked_cart, userid)
    except StorageUnavailableError:
        return frozenset()


def _asked_cart(userid: str) -> frozenset[str]:
    return servers.carts().ask(userid)()


def without(products: frozenset[str], filters: Filters) -> Filters:
    """The filters, which leave these products out too."""
    return replace(filters, exclude=filters.exclude | products) if products else filters


def assortment() -> Assortment:
    """What there is to show now. Raises StorageUnavailableError."""
    held = servers.assortment().current()
    return replace(held, learned=servers.model().current(held.catalogue))


def _assortment_of(arm: Arm) -> Assortment:
    """What there is to show now to those in an arm."""
    held = assortment()
    if held.learned is None or arm.model is Model.TRAINED:
        return held
    return replace(held, learned=None if arm.model is Model.NONE else replace(held.learned, scorer=LINEAR))


def _shown_in(arm: Arm, found: list[Candidate]) -> list[Candidate]:
    """What shows nothing is made all the same: an answer that came sooner would be a difference of its own."""
    return [] if arm.shows_nothing else found


def page_of(productid: str, held: Assortment, filters: Filters) -> str | None:
    """The category of the page on which a list is beside a product."""
    return held.catalogue.categories.get(productid) or filters.category


def _rules(placement: str | None, page_category: str | None, now: float, arm: Arm) -> Sequence[Rule]:
    held = servers.rulebook().rules()
    if arm.rules is not None:
        held = [rule for rule in held if rule.id in arm.rules]
    return recommending.applying(held, placement=placement, page_category=page_category, now=now) if held else ()


def _check_cassandra() -> None:
    """Raises StorageUnavailableError unless both views and what there is to show can be read."""
    servers.views().check()
    servers.assortment().current()


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except UnavailableError:
        return False
    return True
