"""What shoppers do beside viewing: carts, orders, recommendations shown and clicked, searches. Schema and JSON.

Their form is that of a product view (vitrine.events), and so are the rules of ids, sources and times. They have a topic
of their own. `python -m vitrine.shop_events` prints them as JSON Schema: docs/shop-events.schema.json.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from vitrine.errors import InvalidEventError
from vitrine.events import (
    MAX_EVENT_BYTES,
    Context,
    Id,
    Timestamp,
    check_id,
    check_source,
    not_decoded,
    occurred_at,
)
from vitrine.purchases import purchase_id

# More than an order or a list has.
PRODUCTS_MAXIMUM = 200
QUERY_MAXIMUM = 500

Price = Annotated[float, Meta(ge=0, description="Of one piece, in the shop's currency")]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]


class Item(msgspec.Struct, frozen=True, gc=False):
    """A product that goes into a cart or out of it."""

    productid: Id
    quantity: Quantity = 1
    price: Price | None = None


class Order(msgspec.Struct, frozen=True):
    """What was ordered. An order that comes again teaches nothing new: its lines are known by order and product."""

    orderid: Id
    products: Annotated[list[Item], Meta(min_length=1, max_length=PRODUCTS_MAXIMUM)]


class Shown(msgspec.Struct, frozen=True):
    """Products of one answer that a shopper really had on the screen."""

    recommendationid: Annotated[Id, Meta(description="`recommendation-id` of the answer that they came in")]
    products: Annotated[list[Id], Meta(min_length=1, max_length=PRODUCTS_MAXIMUM)]
    placement: Annotated[Id, Meta(description="Where on the shop's pages, such as product-page")] | None = None


class Clicked(msgspec.Struct, frozen=True, gc=False):
    """The product of an answer that a shopper followed."""

    recommendationid: Annotated[Id, Meta(description="`recommendation-id` of the answer that it came in")]
    productid: Id
    placement: Annotated[Id, Meta(description="Where on the shop's pages, such as product-page")] | None = None


class Search(msgspec.Struct, frozen=True, gc=False):
    """What a shopper looked for."""

    query: Annotated[str, Meta(min_length=1, max_length=QUERY_MAXIMUM)]


class _Event(msgspec.Struct, frozen=True, tag_field="event", kw_only=True):
    """What all have. Unknown fields are allowed; they stay in the Kafka message and are not stored."""

    messageid: Id
    userid: Id
    context: Context
    timestamp: Timestamp | None = None


class ProductAdded(_Event, frozen=True, tag="ProductAdded", kw_only=True):
    """A product went into the cart. It is not recommended while it is there."""

    properties: Item


class ProductRemoved(_Event, frozen=True, tag="ProductRemoved", kw_only=True):
    """A product is not in the cart any more."""

    properties: Item


class OrderCompleted(_Event, frozen=True, tag="OrderCompleted", kw_only=True):
    """An order was made; what is in it is not in the cart any more."""

    properties: Order


class RecommendationsShown(_Event, frozen=True, tag="RecommendationsShown", kw_only=True):
    """Recommendations came into view."""

    properties: Shown


class RecommendationClicked(_Event, frozen=True, tag="RecommendationClicked", kw_only=True):
    """A recommendation was followed."""

    properties: Clicked


class Searched(_Event, frozen=True, tag="Searched", kw_only=True):
    """A search was made; it is kept, and nothing is made of it yet."""

    properties: Search


ShopEvent = ProductAdded | ProductRemoved | OrderCompleted | RecommendationsShown | RecommendationClicked | Searched
KINDS: tuple[str, ...] = tuple(each.__struct_config__.tag for each in get_args(ShopEvent))


class _Named(msgspec.Struct):
    event: str


_decoder = msgspec.json.Decoder(ShopEvent)
_name_decoder = msgspec.json.Decoder(_Named)


def is_named(raw: bytes | msgspec.Raw) -> bool:
    """Whether a JSON text says that it is one of these events."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _name_decoder.decode(raw).event in KINDS
    return False


def parse(raw: bytes | msgspec.Raw, *, now: float) -> ShopEvent:
    """One event from its JSON text, with its time checked against `now` (Unix seconds).

    Raises InvalidEventError, whose message says what is wrong with which field.
    """
    event = decode(raw)
    if event.timestamp is not None:
        occurred_at(event.timestamp, record_time=now, now=now)
    return event


def decode(raw: bytes | msgspec.Raw) -> ShopEvent:
    """One event from its JSON text; occurred_at() checks its time. Raises InvalidEventError."""
    if len(raw) > MAX_EVENT_BYTES:
        raise InvalidEventError(f"larger than {MAX_EVENT_BYTES} bytes: {len(raw)}")
    try:
        event: ShopEvent = _decoder.decode(raw)
    except (RecursionError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise not_decoded(error) from None
    for field, value in _ids(event):
        check_id(field, value)
    check_source(event.context)
    return event


def products(event: ShopEvent) -> Sequence[str]:
    """The products that an event puts into a cart, takes out of it, or orders; of other events none."""
    if isinstance(event, OrderCompleted):
        return [item.productid for item in event.properties.products]
    return [event.properties.productid] if isinstance(event, ProductAdded | ProductRemoved) else ()


def lessons(event: ShopEvent) -> Sequence[tuple[str, str]]:
    """Product and id of what an event teaches: of an order each line, of a cart what was added, of others nothing.

    A line of an order has the id that it has where it is announced out of the shop's database.
    """
    if isinstance(event, OrderCompleted):
        order = event.properties
        return [(item.productid, purchase_id(order.orderid, item.productid)) for item in order.products]
    return [(event.properties.productid, event.messageid)] if isinstance(event, ProductAdded) else ()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an event."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(ShopEvent)}


def _ids(event: ShopEvent) -> Iterator[tuple[str, str]]:
    """Each id with where it stands."""
    yield "messageid", event.messageid
    yield "userid", event.userid
    found = event.properties
    if isinstance(found, Item | Clicked):
        yield "properties.productid", found.productid
    if isinstance(found, Order):
        yield "properties.orderid", found.orderid
        yield from (
            (f"properties.products[{place}].productid", each.productid) for place, each in enumerate(found.products)
        )
    if isinstance(found, Shown):
        yield from ((f"properties.products[{place}]", each) for place, each in enumerate(found.products))
    if isinstance(found, Shown | Clicked):
        yield "properties.recommendationid", found.recommendationid
        if found.placement is not None:
            yield "properties.placement", found.placement


if __name__ == "__main__":
    import sys

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n")
