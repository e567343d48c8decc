"""The made-up orders are of the shop's users and products, in season, and up to now."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from test_data_generator.orders import LONGEST_ORDER, Months, Order, made_up_orders
from test_data_generator.shop import Shop, make_shop

UNTIL = datetime(2026, 11, 3, 12, 34, 56, 789_000, tzinfo=UTC)
YEAR = Months(until=UNTIL, whole=12)
COUNT = 20_000


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop(users=200, products=1000, seed=1)


@pytest.fixture(scope="module")
def orders(shop: Shop) -> list[Order]:
    return list(made_up_orders(shop, orders=COUNT, months=YEAR, seed=1))


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def months_of(orders: list[Order]) -> Counter[str]:
    return Counter(f"{moment(order.time):%Y-%m}" for order in orders)


# ---- which months


def test_the_months_are_whole_ones_and_the_one_that_has_begun() -> None:
    spans = Months(until=datetime(2026, 3, 2, tzinfo=UTC), whole=3).periods
    assert [(span.month, moment(span.start), moment(span.end)) for span in spans] == [
        (12, datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (2, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (3, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)),
    ]


def test_a_month_is_of_utc_whatever_the_offset_of_the_end() -> None:
    elsewhere = datetime(2026, 2, 28, 20, tzinfo=timezone(timedelta(hours=-7)))  # in UTC it is March
    assert Months(until=elsewhere, whole=1).periods == Months(until=elsewhere.astimezone(UTC), whole=1).periods
    assert [span.month for span in Months(until=elsewhere, whole=1).periods] == [2, 3]


def test_at_the_first_midnight_of_a_month_there_are_whole_ones_only() -> None:
    assert [span.month for span in Months(until=datetime(2026, 3, 1, tzinfo=UTC), whole=2).periods] == [1, 2]


@pytest.mark.parametrize("orders", [1, 2, 7, 8, 50])
@pytest.mark.parametrize("whole", [1, 6, 24])
@pytest.mark.parametrize(
    "until", [UNTIL, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)]
)
def test_the_previous_month_has_orders_however_few_there_are(
    shop: Shop, orders: int, whole: int, until: datetime
) -> None:
    months = Months(until=until, whole=whole)
    made = list(made_up_orders(shop, orders=orders, months=months, seed=1))
    assert len(made) == orders
    found = months_of(made)
    previous = until.replace(day=1) - timedelta(days=1)
    assert found[f"{previous:%Y-%m}"] >= 1
    assert len(found) == len(months.periods) or len(made) < len(months.periods)
    assert moment(months.start) <= moment(made[0].time) <= moment(made[-1].time) <= until


def test_a_month_that_has_just_begun_has_an_order_in_it(shop: Shop) -> None:
    months = Months(until=datetime(2026, 11, 1, 0, 0, 0, 1000, tzinfo=UTC), whole=1)
    assert months_of(list(made_up_orders(shop, orders=100, months=months, seed=1))) == {"2026-10": 99, "2026-11": 1}


# ---- the orders


def test_the_same_seed_gives_the_same_orders(shop: Shop, orders: list[Order]) -> None:
    assert list(made_up_orders(shop, orders=COUNT, months=YEAR, seed=1)) == orders


def test_another_seed_gives_other_orders(shop: Shop, orders: list[Order]) -> None:
    assert list(made_up_orders(shop, orders=COUNT, months=YEAR, seed=2)) != orders


def test_orders_are_numbered_in_time_order(orders: list[Order]) -> None:
    assert [order.orderid for order in orders] == [f"order-{number}" for number in range(1, COUNT + 1)]
    assert all(earlier.time <= later.time for earlier, later in pairwise(orders))


def test_every_day_of_the_period_has_orders_and_evenings_more_than_nights(orders: list[Order]) -> None:
    days = {moment(order.time).date() for order in orders}
    assert len(days) == (UNTIL.date() - min(days)).days + 1 == 368
    by_hour = Counter(moment(order.time).hour for order in orders)
    assert sum(by_hour[hour] for hour in (19, 20, 21)) > 10 * sum(by_hour[hour] for hour in (3, 4, 5))


def test_orders_are_of_the_shops_users_and_products(shop: Shop, orders: list[Order]) -> None:
    assert {order.userid for order in orders} == {user.userid for user in shop.users}
    products = {product.productid for product in shop.products}
    assert all(1 <= len(order.lines) <= LONGEST_ORDER and products.issuperset(order.lines) for order in orders)
    assert all(quantity >= 1 for order in orders for quantity in order.lines.values())


def test_most_lines_are_in_a_category_of_the_users_taste(shop: Shop, orders: list[Order]) -> None:
    category = {product.productid: product.categoryid for product in shop.products}
    taste = {user.userid: user.taste for user in shop.users}
    lines = [(order.userid, productid) for order in orders for productid in order.lines]
    assert 0.75 < sum(category[productid] in taste[userid] for userid, productid in lines) / len(lines) < 0.9


def test_few_products_sell_often_and_many_rarely(orders: list[Order]) -> None:
    counts = sorted(Counter(productid for order in orders for productid in order.lines).values(), reverse=True)
    assert sum(counts[:100]) > 0.35 * sum(counts)
    assert sum(counts[500:]) < 0.2 * sum(counts)


def test_some_categories_sell_much_more_in_one_half_of_the_year_and_some_do_not(
    shop: Shop, orders: list[Order]
) -> None:
    category = {product.productid: product.categoryid for product in shop.products}
    sold: dict[str, list[int]] = {}
    for order in orders:
        for productid in order.lines:
            by_month = sold.setdefault(category[productid], [0] * 12)
            by_month[moment(order.time).month - 1] += 1
    contrasts = []
    for by_month in sold.values():
        halves = [sum(by_month[(first + month) % 12] for month in range(6)) for first in range(12)]
        contrasts.append(max(halves) / min(halves))
    assert max(contrasts) > 2
    assert min(contrasts) < 1.2


def test_orders_are_as_long_as_meant(orders: list[Order]) -> None:
    assert sum(len(order.lines) for order in orders) / COUNT == pytest.approx(2.3, abs=0.15)


def test_the_smallest_shop_has_orders() -> None:
    shop = make_shop(users=1, products=1, seed=1)
    orders = list(made_up_orders(shop, orders=300, months=Months(until=UNTIL, whole=1), seed=1))
    assert {(order.userid, *order.lines) for order in orders} == {("user-1", "product-1")}
    assert max(order.lines["product-1"] for order in orders) > 5  # drawn again, it adds up
