"""Orders and products from given files, and which of their lines break a rule or a key."""

import csv
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal, NamedTuple

import msgspec

from test_data_generator.orders import Order
from vitrine.errors import InvalidEventError
from vitrine.event_files import Fault, Text
from vitrine.events import MAX_FUTURE_SECONDS, check_id, parse_time

COLUMNS = ["productid", "categoryid"]
MAX_QUANTITY = 2**31 - 1  # what Postgres keeps in an INTEGER


class LineItem(msgspec.Struct, frozen=True, gc=False):
    """So many pieces of one product."""

    productid: str
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]


class OrderEvent(msgspec.Struct, frozen=True, gc=False):
    """An order as a shop reports it. The id of an order may be a number; other fields are ignored."""

    event: Literal["OrderEvent"]
    messageid: str
    userid: str
    lineitems: Annotated[list[LineItem], msgspec.Meta(min_length=1)]
    orderid: str | int
    timestamp: str | None = None


class NumberedOrder(NamedTuple):
    """An order, and the line of the file on which it stands."""

    line: int
    order: Order


@dataclass(frozen=True, slots=True)
class Spread:
    """The period over which orders without a time are spread evenly, in milliseconds since 1970."""

    start: int
    end: int

    def draw(self, random: Random) -> int:
        return self.start + int(random.random() * (self.end - self.start))


_decoder = msgspec.json.Decoder(OrderEvent)


def product_categories(source: Iterable[Text | Fault]) -> Iterator[tuple[str, str] | Fault]:
    """(product id, category id) of every line below the header of a CSV file, or what is wrong with the line.

    Each product comes once. Under another header than `productid,categoryid` nothing is read.
    """
    columns: list[str] = []
    seen: set[str] = set()
    for text in source:
        if isinstance(text, Fault):
            yield text
            continue
        try:
            fields = _fields(text[1])
            if columns:
                yield _pair(fields, seen)
            elif fields == COLUMNS:
                columns = fields
            else:
                yield Fault(text[0], f"the header is not {','.join(COLUMNS)}")
                return
        except InvalidEventError as error:
            yield Fault(text[0], str(error))


def given_orders(
    source: Iterable[Text | Fault], *, products: Container[str], spread: Spread, seed: int, now: float
) -> Iterator[NumberedOrder | Fault]:
    """Every order of a file of order events, or what is wrong with it.

    An event that breaks a rule is refused as a whole. A line with a product that is not among `products` is refused
    alone; an order without any other line is refused too. A product repeated within an order adds up. No order may be
    more than five minutes later than `now` (Unix seconds).
    """
    random = Random(f"{seed}/order times")
    for text in source:
        if isinstance(text, Fault):
            yield text
            continue
        # Drawn for every event, so that a mistake in one does not shift the times of the others.
        time = spread.draw(random)
        try:
            order = _order(_decode(text[1]), time, now)
        except InvalidEventError as error:
            yield Fault(text[0], str(error))
            continue
        known = {productid: quantity for productid, quantity in order.lines.items() if productid in products}
        for productid in order.lines:
            if productid not in known:
                yield Fault(text[0], f"order {order.orderid}: there is no product {productid[:140]!r}")
        if known:
            yield NumberedOrder(text[0], order._replace(lines=known))


def _fields(text: bytes) -> list[str]:
    """Raises InvalidEventError."""
    try:
        return next(csv.reader([text.decode()], strict=True))
    except UnicodeDecodeError:
        raise InvalidEventError("not UTF-8 text") from None
    except csv.Error as error:
        raise InvalidEventError(f"not CSV: {error}") from None


def _pair(fields: list[str], seen: set[str]) -> tuple[str, str]:
    """Raises InvalidEventError."""
    if len(fields) != len(COLUMNS):
        raise InvalidEventError(f"{len(fields)} fields, not {len(COLUMNS)}")
    for name, value in zip(COLUMNS, fields, strict=True):
        check_id(name, value)
    if fields[0] in seen:
        raise InvalidEventError(f"product {fields[0]} came before")
    seen.add(fields[0])
    return fields[0], fields[1]


def _decode(text: bytes) -> OrderEvent:
    """Raises InvalidEventError."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise InvalidEventError("nested too deeply") from None
    except UnicodeDecodeError:
        raise InvalidEventError("not UTF-8 text") from None
    except msgspec.DecodeError as error:
        raise InvalidEventError(str(error)) from None


def _order(event: OrderEvent, drawn_time: int, now: float) -> Order:
    """Raises InvalidEventError."""
    orderid = str(event.orderid)
    check_id("orderid", orderid)
    check_id("userid", event.userid)
    time = drawn_time if event.timestamp is None else _time(event.timestamp, now)
    lines: dict[str, int] = {}
    for item in event.lineitems:
        lines[item.productid] = lines.get(item.productid, 0) + item.quantity
    if max(lines.values()) > MAX_QUANTITY:
        raise InvalidEventError(f"the quantities of one product add up to more than {MAX_QUANTITY}")
    return Order(orderid, event.userid, time, lines)


def _time(text: str, now: float) -> int:
    """Milliseconds since 1970. Raises InvalidEventError."""
    time = parse_time(text)
    if time < 0:
        raise InvalidEventError(f"before 1970: {text[:64]!r} - at `$.timestamp`")
    if time > now + MAX_FUTURE_SECONDS:
        raise InvalidEventError(f"more than 5 minutes in the future: {text[:64]!r} - at `$.timestamp`")
    return round(time * 1000)
