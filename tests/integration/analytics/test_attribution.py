"""What recommendations were followed by, against a calculation in plain Python over the same made-up events."""

import random
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from benchmarks.lakes import land
from tests.integration.analytics.running import Analytics
from vitrine.analytics.dbt import Dbt
from vitrine.identity import Identification, owner
from vitrine.settings import WarehouseSettings

# As in warehouse/dbt_project.yml.
CLICK_WINDOW, ORDER_WINDOW = timedelta(hours=24), timedelta(days=7)
BEGINNING = datetime(2026, 11, 1)  # noqa: DTZ001 - the lake's times are UTC without saying so
PRODUCTS = [f"p-{number}" for number in range(6)]
PRICES = {product: Decimal(number + 1) for number, product in enumerate(PRODUCTS)}
CUSTOMERS = [f"c-{number}" for number in range(8)]
VISITORS = [f"anon-{number}" for number in range(6)]
DIRECT, INFLUENCED = "direct", "influenced"
# Nothing of theirs is in what comes later.
QUIET = "c-quiet"


class Answer(NamedTuple):
    id: str
    user: str | None
    products: list[str]
    at: datetime


class Event(NamedTuple):
    """A view, an addition to a cart, a click, or what was seen."""

    id: str
    user: str
    product: str
    at: datetime
    answer: str = ""


class Order(NamedTuple):
    message: str
    id: str
    user: str
    lines: dict[str, int]
    at: datetime
    price: Decimal | None = None


@dataclass
class World:
    """What happened, as far as it has arrived."""

    answers: list[Answer] = field(default_factory=list)
    views: list[Event] = field(default_factory=list)
    added: list[Event] = field(default_factory=list)
    clicks: list[Event] = field(default_factory=list)
    seen: list[Event] = field(default_factory=list)
    told: list[Order] = field(default_factory=list)
    stored: list[Order] = field(default_factory=list)
    taken_back: list[Order] = field(default_factory=list)
    joined: dict[str, list[Identification]] = field(default_factory=dict)


LISTS = ("answers", "views", "added", "clicks", "seen", "told", "stored")


def made_up(seed: int) -> World:  # noqa: C901 - a line for each thing that happens
    """Three weeks of few people and products, so that everything meets everything."""
    dice, world = random.Random(seed), World()
    people = [*CUSTOMERS, *VISITORS]

    def moment(days: float = 21.0) -> datetime:
        return BEGINNING + timedelta(seconds=dice.randrange(round(days * 86400)))

    def lines() -> dict[str, int]:
        return {product: dice.randint(1, 3) for product in dice.sample(PRODUCTS, dice.randint(1, 3))}

    for number in range(250):
        user = None if number % 5 == 0 else dice.choice(people)
        world.answers.append(Answer(f"r-{number}", user, dice.sample(PRODUCTS, 3), moment()))
    for number in range(160):
        answer = dice.choice(world.answers)
        # Some too late, some from a slow clock, some by another id than the answer's.
        at = answer.at + timedelta(minutes=dice.randint(-3, 30 * 60))
        user = answer.user or dice.choice(people) if number % 4 else dice.choice(people)
        world.clicks.append(Event(f"click-{number}", user, dice.choice(answer.products), at, answer.id))
        world.seen.append(Event(f"seen-{number}", user, dice.choice(answer.products), at, answer.id))
    for number in range(200):
        world.views.append(Event(f"view-{number}", dice.choice(people), dice.choice(PRODUCTS), moment()))
        world.added.append(Event(f"add-{number}", dice.choice(people), dice.choice(PRODUCTS), moment()))
    for number in range(120):
        price = Decimal(dice.randint(100, 900)) / 100 if number % 3 else None
        order = Order(f"order-{number}", f"o-{number}", dice.choice(people), lines(), moment(), price)
        if number % 2:
            world.stored.append(order._replace(user=dice.choice(CUSTOMERS)))
        if number % 4 != 1:
            world.told.append(order)
    # Orders that come again, the second time under another message's id, and with other lines.
    world.told += [
        order._replace(message=f"{order.message}-again", lines=lines(), at=order.at + timedelta(hours=1))
        for order in world.told[::6]
    ]
    for visitor in VISITORS[:4]:
        world.joined[visitor] = sorted(
            Identification(moment(), dice.choice(CUSTOMERS)) for _ in range(dice.randint(1, 3))
        )
    world.answers.append(Answer("r-quiet", QUIET, PRODUCTS[:2], BEGINNING))
    world.told.append(Order("quiet", "o-quiet", QUIET, {PRODUCTS[0]: 1}, BEGINNING + timedelta(days=7)))
    return world


def first_part(world: World, seed: int) -> World:
    """What arrives at first: two of three of anything, whenever it happened. Nobody is known to be anybody yet."""
    dice = random.Random(seed)
    early: dict[str, Any] = {
        name: [each for each in getattr(world, name) if dice.random() < 2 / 3 or QUIET in each] for name in LISTS
    }
    return World(**early)


def later_part(world: World, early: World) -> World:
    """The rest; and two orders are taken back."""
    rest: dict[str, Any] = {
        name: [each for each in getattr(world, name) if each not in getattr(early, name)] for name in LISTS
    }
    return replace(World(**rest), joined=world.joined, taken_back=early.stored[:2])


# What is to come of it, in plain Python.


class Touch(NamedTuple):
    """Sorts as the rule prefers: a click, the latest, of the latest answer."""

    is_click: bool
    at: datetime
    shown_at: datetime
    answer: str
    product: str


@dataclass
class Expected:
    """Of each product of each answer, by these two ids; and of each line of an order that is credited."""

    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    orders: dict[tuple[str, str], tuple[str, bool, Decimal, datetime]] = field(default_factory=dict)


def calculated(world: World) -> Expected:  # noqa: C901 - the rule, from top to bottom
    expected = Expected()
    touches: dict[tuple[str, str], list[Touch]] = defaultdict(list)
    for answer in world.answers:
        heard = sorted(
            ((each.at, each.user) for each in (*world.clicks, *world.seen) if each.answer == answer.id),
        )
        user = answer.user or (heard[0][1] if heard else None)
        person = person_of(world, user, answer.at)
        for product in answer.products:
            about = (answer.id, product)
            seen = [each.at for each in world.seen if (each.answer, each.product) == about]
            clicks = [
                max(each.at, answer.at)
                for each in world.clicks
                if (each.answer, each.product) == about and each.at <= answer.at + CLICK_WINDOW
            ]
            expected.rows[about] = {
                **{"person": person, "seen": min(seen, default=None), "clicked": min(clicks, default=None)},
                **{"added": None, "bought": None, DIRECT: Decimal(0), INFLUENCED: Decimal(0)},
            }
            if person:
                shown = [Touch(False, answer.at, answer.at, *about)]
                touches[person, product] += shown + [Touch(True, at, answer.at, *about) for at in clicks]
    for key, click in list(clicks_by_views(world, touches)):
        touches[key].append(click)
        row = expected.rows[click.answer, click.product]
        row["clicked"] = min(row["clicked"] or click.at, click.at)
    for event in world.added:
        if touch := credited(world, touches, event.user, event.product, event.at, ORDER_WINDOW):
            row = expected.rows[touch.answer, touch.product]
            row["added"] = min(row["added"] or event.at, event.at)
    for order_id, product, user, revenue, at in order_lines(world):
        if touch := credited(world, touches, user, product, at, ORDER_WINDOW):
            row = expected.rows[touch.answer, touch.product]
            row["bought"] = min(row["bought"] or at, at)
            row[DIRECT if touch.is_click else INFLUENCED] += revenue
            expected.orders[order_id, product] = (touch.answer, touch.is_click, revenue, at)
    return expected


def person_of(world: World, user: str | None, at: datetime) -> str | None:
    return user and (owner(world.joined.get(user, []), at) or user)


def clicks_by_views(
    world: World, touches: dict[tuple[str, str], list[Touch]]
) -> Iterator[tuple[tuple[str, str], Touch]]:
    for view in world.views:
        touch = credited(world, touches, view.user, view.product, view.at, CLICK_WINDOW)
        if touch and not touch.is_click:
            person = person_of(world, view.user, view.at)
            yield (str(person), view.product), touch._replace(is_click=True, at=view.at)


def credited(  # noqa: PLR0917 - what an outcome is
    world: World,
    touches: dict[tuple[str, str], list[Touch]],
    user: str,
    product: str,
    at: datetime,
    window: timedelta,
) -> Touch | None:
    mine = touches.get((str(person_of(world, user, at)), product), [])
    return max((touch for touch in mine if touch.at <= at <= touch.at + window), default=None)


def order_lines(world: World) -> Iterator[tuple[str, str, str, Decimal, datetime]]:
    known = {order.id for order in world.stored}
    gone = {order.id for order in world.taken_back}
    told: dict[str, Order] = {}
    for order in sorted(world.told, key=lambda each: (each.at, each.message)):
        if order.id not in known:
            told.setdefault(order.id, order)
    stored = [order._replace(price=None) for order in world.stored if order.id not in gone]
    for order in (*stored, *told.values()):
        for product, count in order.lines.items():
            price = PRICES[product] if order.price is None else order.price
            yield order.id, product, order.user, count * price, order.at


# The same by the warehouse.


def land_part(lake: Path, world: World, name: str) -> None:
    moved = BEGINNING + timedelta(days=30 + (name == "later"))
    land(
        lake / "events" / "recommendations_shown",
        "recommendation_id VARCHAR, user_id VARCHAR, endpoint VARCHAR, products VARCHAR[], sources VARCHAR[],"
        " placement VARCHAR, model VARCHAR, shown_at TIMESTAMP",
        (
            (each.id, each.user, "similar", listed(each.products), listed(["newest"] * 3), "cart", '"none"', each.at)
            for each in world.answers
        ),
        name,
    )
    land(
        lake / "events" / "product_views",
        "message_id VARCHAR, user_id VARCHAR, product_id VARCHAR, source VARCHAR, viewed_at TIMESTAMP",
        ((each.id, each.user, each.product, "desktop", each.at) for each in world.views),
        name,
    )
    land(
        lake / "events" / "shop_events",
        "message_id VARCHAR, user_id VARCHAR, event VARCHAR, products VARCHAR[], quantities BIGINT[],"
        " prices DOUBLE[], order_id VARCHAR, recommendation_id VARCHAR, placement VARCHAR, query VARCHAR,"
        " source VARCHAR, occurred_at TIMESTAMP",
        shop_events(world),
        name,
    )
    stored = [(order, False) for order in world.stored] + [(order, True) for order in world.taken_back]
    land(
        lake / "shop" / "orders",
        "order_id VARCHAR, user_id VARCHAR, ordered_at TIMESTAMP, changed_at TIMESTAMP, is_deleted BOOLEAN",
        ((order.id, order.user, order.at, moved, is_gone) for order, is_gone in stored),
        name,
    )
    land(
        lake / "shop" / "order_items",
        "order_id VARCHAR, product_id VARCHAR, quantity BIGINT, changed_at TIMESTAMP, is_deleted BOOLEAN",
        (
            (order.id, product, count, moved, is_gone)
            for order, is_gone in stored
            for product, count in order.lines.items()
        ),
        name,
    )
    shutil.rmtree(lake / "events" / "identities", ignore_errors=True)
    (lake / "_loads" / "events" / "identities.jsonl").unlink(missing_ok=True)
    land(
        lake / "events" / "identities",
        "visitor_id VARCHAR, user_id VARCHAR, first_at TIMESTAMP, last_at TIMESTAMP",
        ((visitor, each.userid, each.at, each.at) for visitor, found in world.joined.items() for each in found),
        name,
    )


def shop_events(world: World) -> Iterator[tuple[object, ...]]:
    for each in world.added:
        yield each.id, each.user, "ProductAdded", listed([each.product]), "[1]", "[NULL]", *[""] * 4, "ios", each.at
    for name, events in (("RecommendationClicked", world.clicks), ("RecommendationsShown", world.seen)):
        for each in events:
            yield (
                *(each.id, each.user, name, listed([each.product]), "[]", "[]", "", each.answer, "cart", "", "ios"),
                each.at,
            )
    for order in world.told:
        prices = [order.price or "NULL"] * len(order.lines)
        yield (
            *(order.message, order.user, "OrderCompleted", listed(order.lines), listed(order.lines.values())),
            *(listed(prices), order.id, "", "", "", "ios", order.at),
        )


def listed(values: Iterable[object]) -> str:
    return f"[{', '.join(map(str, values))}]"


@pytest.fixture(scope="module")
def seed() -> int:
    return 20261127


@pytest.fixture(scope="module")
def world(seed: int) -> World:
    return made_up(seed)


@pytest.fixture(scope="module")
def early(world: World, seed: int) -> World:
    return first_part(world, seed)


@pytest.fixture(scope="module")
def shop(early: World, tmp_path_factory: pytest.TempPathFactory) -> Analytics:
    """What has arrived at first is counted."""
    analytics = Analytics(tmp_path_factory.mktemp("attribution"), 0, f"shop_{uuid4().hex}")
    lake = analytics.folder / "lake"
    land(
        lake / "shop" / "products",
        "product_id VARCHAR, category_id VARCHAR, name VARCHAR, price DECIMAL(12,2), created_at TIMESTAMP,"
        " in_stock BOOLEAN, changed_at TIMESTAMP, is_deleted BOOLEAN",
        ((product, "c", product, PRICES[product], BEGINNING, True, BEGINNING, False) for product in PRODUCTS),
    )
    land_part(lake, early, "early")
    build(analytics)
    return analytics


def build(analytics: Analytics, *options: str) -> None:
    settings = WarehouseSettings(warehouse_file=analytics.warehouse_file, lake=str(analytics.folder / "lake"))
    dbt = Dbt(settings)
    dbt.run("run", "--select", "+attribution_by_day", *options)


def found_in(analytics: Analytics) -> Expected:
    rows = analytics.in_warehouse(
        "SELECT recommendation_id, product_id, person_id, seen_at, clicked_at, added_at, bought_at, revenue_direct,"
        " revenue_influenced FROM marts.attribution"
    )
    names = ("person", "seen", "clicked", "added", "bought", DIRECT, INFLUENCED)
    orders = analytics.in_warehouse(
        "SELECT order_id, product_id, recommendation_id, is_direct, revenue, ordered_at FROM marts.attributed_orders"
    )
    found = Expected(
        {(answer, product): dict(zip(names, values, strict=True)) for answer, product, *values in rows},
        {(order, product): (answer, *values) for order, product, answer, *values in orders},
    )
    assert (len(found.rows), len(found.orders)) == (len(rows), len(orders)), "each once"
    return found


def everything_in(analytics: Analytics) -> list[list[tuple[Any, ...]]]:
    return [
        analytics.in_warehouse(f"FROM marts.{mart} ORDER BY ALL")
        for mart in ("attribution", "attributed_orders", "attribution_by_day")
    ]


def assert_as_calculated(analytics: Analytics, world: World) -> None:
    found, expected = found_in(analytics), calculated(world)
    assert found.rows == expected.rows
    assert found.orders == expected.orders
    assert_days(analytics, world, expected)


def assert_days(analytics: Analytics, world: World, expected: Expected) -> None:
    days = analytics.in_warehouse(
        "SELECT date_day, answers, shown, clicked, revenue_direct, revenue_influenced, revenue_shop, revenue_share"
        " FROM marts.attribution_by_day"
    )
    shown_on = {answer.id: answer.at.date() for answer in world.answers}
    sold: dict[Any, Decimal] = defaultdict(Decimal)
    for *_, revenue, at in order_lines(world):
        sold[at.date()] += revenue
    for day, answers, shown, clicked, direct, influenced, shop, share in days:
        rows = [row for (answer, _), row in expected.rows.items() if shown_on[answer] == day]
        earned = {
            is_direct: sum(
                revenue
                for _, direct_, revenue, at in expected.orders.values()
                if (direct_, at.date()) == (is_direct, day)
            )
            for is_direct in (True, False)
        }
        assert answers == sum(each == day for each in shown_on.values())
        assert (shown, clicked) == (len(rows), sum(row["clicked"] is not None for row in rows))
        assert (direct, influenced, shop) == (earned[True], earned[False], sold[day])
        assert share is None if not shop else share == pytest.approx((direct + influenced) / shop, abs=Decimal("1e-6"))


def test_what_is_counted_is_what_happened(shop: Analytics, early: World) -> None:
    assert_as_calculated(shop, early)
    expected = calculated(early)
    ways = {is_direct for _, is_direct, _, _ in expected.orders.values()}
    assert ways == {True, False}
    assert expected.rows["r-quiet", PRODUCTS[0]]["bought"] == BEGINNING + ORDER_WINDOW


def test_what_comes_later_is_counted_as_if_all_had_been_there_at_once(
    shop: Analytics, world: World, early: World
) -> None:
    """Late events, visitors who turn out to be customers, orders that are taken back, rows that an erasure took."""
    lake = shop.folder / "lake"
    later = later_part(world, early)
    land_part(lake, later, "later")
    shop.change(f"DELETE FROM marts.attribution WHERE user_id = '{CUSTOMERS[0]}'")
    build(shop)
    assert_as_calculated(shop, replace(world, taken_back=later.taken_back))
    ((counted,),) = shop.in_warehouse(f"SELECT is_counted FROM intermediate.int_answers WHERE person_id = '{QUIET}'")
    assert counted, "nothing of theirs has changed"
    incremental = everything_in(shop)
    build(shop)
    assert everything_in(shop) == incremental
    assert shop.in_warehouse("SELECT count(*) FROM intermediate.int_touches") == [(0,)]
    build(shop, "--full-refresh")
    assert everything_in(shop) == incremental
    assert shop.in_warehouse("SELECT count(*) > 0 FROM intermediate.int_touches") == [(True,)]
