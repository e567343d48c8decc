"""Purchases: lines of one user's orders, announced to whoever learns from them. Their schema, JSON in and out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from vitrine.errors import InvalidEventError
from vitrine.events import MAX_FUTURE_SECONDS, Id, check_id, parse_time


class Line(msgspec.Struct, frozen=True, gc=False):
    """A product of an order. The same order and product are the same purchase, however often it is announced."""

    orderid: Id
    productid: Id
    quantity: Annotated[int, Meta(ge=1)]
    timestamp: Annotated[str, Meta(description="ISO 8601; without an offset it is UTC")]

    @property
    def id(self) -> str:
        """What tells it from all others."""
        return purchase_id(self.orderid, self.productid)


class Purchases(msgspec.Struct, frozen=True):
    """What a user ordered: one message, as most of the time of a message goes into sending it."""

    event: Literal["Purchases"]
    userid: Id
    lines: Annotated[list[Line], Meta(min_length=1)]


_decoder = msgspec.json.Decoder(Purchases)


def purchase_id(orderid: str, productid: str) -> str:
    """What tells a line of an order from all others. No id holds a blank."""
    return f"{orderid} {productid}"


def line(*, orderid: str, productid: str, quantity: int, milliseconds: int) -> Line:
    """A line of an order that was made at a Unix time in milliseconds."""
    return Line(orderid, productid, quantity, _text_of(milliseconds))


@lru_cache(maxsize=16)  # the lines of an order stand beside each other
def _text_of(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def encode(userid: str, lines: Sequence[Line]) -> bytes:
    """The JSON text of what a user ordered."""
    return msgspec.json.encode(Purchases("Purchases", userid, list(lines)))


def parse(raw: bytes, *, now: float) -> tuple[str, list[tuple[Line, float]]]:
    """The user, and each line with its time in Unix seconds, checked against `now`.

    Raises InvalidEventError, whose message says what is wrong with which field.
    """
    try:
        purchases = _decoder.decode(raw)
    except (RecursionError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise InvalidEventError(str(error)) from None
    check_id("userid", purchases.userid)
    return purchases.userid, [(each, _time_of(each, number, now)) for number, each in enumerate(purchases.lines)]


def _time_of(found: Line, number: int, now: float) -> float:
    check_id(f"lines[{number}].orderid", found.orderid)
    check_id(f"lines[{number}].productid", found.productid)
    time = parse_time(found.timestamp)
    if time > now + MAX_FUTURE_SECONDS:
        reason = f"more than 5 minutes in the future: {found.timestamp[:64]!r}"
        raise InvalidEventError(f"{reason} - at `$.lines[{number}].timestamp`")
    return time
