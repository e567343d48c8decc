"""A purchase: one line of an order, as it is announced to whoever learns from it. Its schema, JSON in and out."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from vitrine.errors import InvalidEventError
from vitrine.events import ID_RULE, MAX_FUTURE_SECONDS, Id, is_id, parse_time


class Line(msgspec.Struct, frozen=True, gc=False):
    """What was bought, and how many of it."""

    productid: Id
    quantity: Annotated[int, Meta(ge=1)]


class Purchase(msgspec.Struct, frozen=True, gc=False):
    """A user ordered a product. The same order and product are the same purchase, however often it is announced."""

    event: Literal["Purchase"]
    orderid: Id
    userid: Id
    properties: Line
    timestamp: Annotated[str, Meta(description="ISO 8601; without an offset it is UTC")]

    @property
    def id(self) -> str:
        """What tells it from all others."""
        return purchase_id(self.orderid, self.properties.productid)


_decoder = msgspec.json.Decoder(Purchase)


def purchase_id(orderid: str, productid: str) -> str:
    """What tells a line of an order from all others. No id holds a blank."""
    return f"{orderid} {productid}"


def encode(*, orderid: str, userid: str, productid: str, quantity: int, milliseconds: int) -> bytes:
    """The JSON text of a purchase; its time is in Unix milliseconds."""
    time = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return msgspec.json.encode(Purchase("Purchase", orderid, userid, Line(productid, quantity), time))


def parse(raw: bytes, *, now: float) -> tuple[Purchase, float]:
    """One purchase out of its JSON text, and its time in Unix seconds, checked against `now`.

    Raises InvalidEventError, whose message says what is wrong with which field.
    """
    try:
        purchase = _decoder.decode(raw)
    except (RecursionError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise InvalidEventError(str(error)) from None
    for field, value in (
        ("orderid", purchase.orderid),
        ("userid", purchase.userid),
        ("properties.productid", purchase.properties.productid),
    ):
        if not is_id(value):
            raise InvalidEventError(f"not {ID_RULE}: {value[:140]!r} - at `$.{field}`")
    time = parse_time(purchase.timestamp)
    if time > now + MAX_FUTURE_SECONDS:
        raise InvalidEventError(f"more than 5 minutes in the future: {purchase.timestamp[:64]!r} - at `$.timestamp`")
    return purchase, time
