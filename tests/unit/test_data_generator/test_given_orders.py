"""What is read out of files of order events and categories, and what is said of the rest."""

import json
from typing import Any

import pytest

from test_data_generator.given_orders import NumberedOrder, Spread, given_orders, product_categories
from test_data_generator.orders import Order
from vitrine.event_files import Fault, Text

NOW = 1_793_700_000.0  # 2026-11-03
SPREAD = Spread(start=1_000_000, end=2_000_000)
PRODUCTS = {"product-1", "product-2"}
ITEM = {"productid": "product-1", "quantity": 1}


def event(**changes: Any) -> bytes:  # noqa: ANN401 - whatever is wrong with it
    """A valid event with other fields; a field that is `...` is left out."""
    fields = {
        "event": "OrderEvent",
        "messageid": "m-1",
        "userid": "user-1",
        "lineitems": [ITEM],
        "orderid": 50000,
        **changes,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def read(*texts: bytes, seed: int = 1) -> list[NumberedOrder | Fault]:
    source = enumerate(texts, start=1)
    return list(given_orders(source, products=PRODUCTS, spread=SPREAD, seed=seed, now=NOW))


def only_order(*texts: bytes) -> Order:
    (found,) = read(*texts)
    assert isinstance(found, NumberedOrder), found
    return found.order


def only_fault(*texts: bytes) -> Fault:
    (found,) = read(*texts)
    assert isinstance(found, Fault), found
    return found


# ---- orders


def test_an_order_is_read_with_its_lines() -> None:
    items = [ITEM, {"productid": "product-2", "quantity": 2**31 - 1}]
    order = only_order(event(lineitems=items, timestamp="2026-11-02T12:00:00.123+03:00"))
    assert order == Order("50000", "user-1", 1_793_610_000_123, {"product-1": 1, "product-2": 2**31 - 1})


@pytest.mark.parametrize("orderid", [7, "7", -7, "a-7", 10**100])
def test_the_id_of_an_order_may_be_a_number(orderid: object) -> None:
    assert only_order(event(orderid=orderid)).orderid == str(orderid)


def test_a_product_repeated_within_an_order_adds_up() -> None:
    assert only_order(event(lineitems=[{**ITEM, "quantity": 3}, ITEM, ITEM])).lines == {"product-1": 5}


def test_unknown_fields_are_passed_over() -> None:
    assert only_order(event(shop="north", lineitems=[{**ITEM, "price": 9.99}])).lines == {"product-1": 1}


def test_orders_without_a_time_are_spread_by_seed() -> None:
    def times(seed: int) -> list[int]:
        found = read(*[event(orderid=number) for number in range(1000)], seed=seed)
        return [each.order.time for each in found if isinstance(each, NumberedOrder)]

    assert times(1) == times(1) != times(2)
    tenths = [int((time - SPREAD.start) * 10 / (SPREAD.end - SPREAD.start)) for time in times(1)]
    assert all(70 < tenths.count(tenth) < 130 for tenth in range(10))


def test_a_mistake_in_one_event_moves_no_other() -> None:
    right, wrong = read(event(), event()), read(b"{", event())
    assert right[1] == wrong[1]


def test_an_event_with_a_time_moves_no_other() -> None:
    assert read(event(), event())[1] == read(event(timestamp="2026-11-02"), event())[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"event":', "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (event(event="ProductView"), "Invalid enum value 'ProductView' - at `$.event`"),
        (event(messageid=...), "Object missing required field `messageid`"),
        (event(userid=...), "Object missing required field `userid`"),
        (event(orderid=...), "Object missing required field `orderid`"),
        (event(lineitems=...), "Object missing required field `lineitems`"),
        (event(lineitems=[]), "Expected `array` of length >= 1 - at `$.lineitems`"),
        (
            event(lineitems=[{"productid": "product-1"}]),
            "Object missing required field `quantity` - at `$.lineitems[0]`",
        ),
        (event(userid="a b"), "not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -: 'a b' - at `$.userid`"),
        (event(userid="u\n"), "not 1 to 128 characters"),
        (event(orderid=""), "at `$.orderid`"),
        (event(orderid=10**200), "at `$.orderid`"),
        (event(orderid=1.5), "Expected `int | str`, got `float` - at `$.orderid`"),
        (event(orderid=True), "Expected `int | str`, got `bool` - at `$.orderid`"),
        (event(lineitems=[ITEM, {**ITEM, "quantity": 0}]), "Expected `int` >= 1 - at `$.lineitems[1].quantity`"),
        (event(lineitems=[{**ITEM, "quantity": -1}]), "Expected `int` >= 1"),
        (event(lineitems=[{**ITEM, "quantity": 2**31}]), "Expected `int` <= 2147483647"),
        (event(lineitems=[{**ITEM, "quantity": "1"}]), "Expected `int`, got `str`"),
        (event(lineitems=[{**ITEM, "quantity": 1.5}]), "Expected `int`, got `float`"),
        (
            event(lineitems=[{**ITEM, "quantity": 2**31 - 1}, ITEM]),
            "the quantities of one product add up to more than 2147483647",
        ),
        (event(timestamp="yesterday"), "not an ISO 8601 time: 'yesterday' - at `$.timestamp`"),
        (event(timestamp="1969-12-31"), "before 1970: '1969-12-31' - at `$.timestamp`"),
        (event(timestamp="2226-11-03"), "more than 5 minutes in the future: '2226-11-03' - at `$.timestamp`"),
        (event().replace(b"user-1", b"user-\xff"), "not UTF-8 text"),
        (event(lineitems=[{"productid": "product-3", "quantity": 1}]), "order 50000: there is no product 'product-3'"),
        (b'{"x":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_breaks_a_rule_is_told_with_its_line(text: bytes, reason: str) -> None:
    fault = only_fault(text)
    assert fault.line == 1
    assert reason in fault.reason


def test_of_an_order_with_an_unknown_product_the_other_lines_are_kept() -> None:
    items = [{"productid": name, "quantity": 2} for name in ("product-9", "product-2", "product-8")]
    first, second, order = read(event(lineitems=items))
    assert first == Fault(1, "order 50000: there is no product 'product-9'")
    assert second == Fault(1, "order 50000: there is no product 'product-8'")
    assert isinstance(order, NumberedOrder)
    assert order.order.lines == {"product-2": 2}


def test_what_could_not_be_read_is_told_in_its_place() -> None:
    cut_off = Fault(2, "cannot read on: cut off")
    source: list[Text | Fault] = [(1, event()), cut_off]
    found = list(given_orders(source, products=PRODUCTS, spread=SPREAD, seed=1, now=NOW))
    assert found[1:] == [cut_off]


# ---- products


def categories(*lines: bytes) -> list[tuple[str, str] | Fault]:
    return list(product_categories(enumerate(lines, start=1)))


def test_products_are_read_with_their_categories() -> None:
    header = b'"productid",categoryid'
    assert categories(header, b"product-1,category-20", b'"p:2","c"') == [("product-1", "category-20"), ("p:2", "c")]


@pytest.mark.parametrize("header", [b"product-1,category-20", b"productid;categoryid", b"productid,categoryid,name"])
def test_under_another_header_nothing_is_read(header: bytes) -> None:
    assert categories(header, b"product-1,category-20") == [Fault(1, "the header is not productid,categoryid")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"product-1", "1 fields, not 2"),
        (b"product-1,category-1,x", "3 fields, not 2"),
        (b"product 1,category-1", "'product 1' - at `$.productid`"),
        (b"product-1,", "'' - at `$.categoryid`"),
        (b"product-\xff,category-1", "not UTF-8 text"),
        (b'"product-1,category-1', "not CSV: unexpected end of data"),
        (b"product-0,category-2", "product product-0 came before"),
    ],
)
def test_a_wrong_line_is_told_and_the_rest_read(line: bytes, reason: str) -> None:
    first, fault, last = categories(b"productid,categoryid", b"product-0,category-1", line, b"product-2,category-1")
    assert (first, last) == (("product-0", "category-1"), ("product-2", "category-1"))
    assert isinstance(fault, Fault)
    assert fault.line == 3
    assert reason in fault.reason
