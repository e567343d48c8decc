"""Payloads of Shopify's web pixels, as a shop has kept them, put into Segment's form.

Their form is that of shopify.dev/docs/api/web-pixels-api/standard-events; Segment's names of the events are those that
RudderStack gives them. Products are named by Shopify's numbers.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from vitrine.doors.segment import RefusedMessageError, decoded

# A phone's browser says so in its user agent (developer.mozilla.org, "Browser detection using the user agent").
_MOBILE = "Mobi"
_decoder = msgspec.json.Decoder(dict[str, Any])


def as_segment(raw: bytes) -> bytes | None:
    """The message that a payload is in Segment's form, as JSON text; None where nothing is kept of its event.

    What is missing or of a wrong kind is found when the message is read. Raises RefusedMessageError for what is no
    payload.
    """
    payload = decoded(_decoder, raw)
    if not isinstance(payload.get("name"), str):
        raise RefusedMessageError("malformed", "`name` is missing")
    if payload["name"] not in _EVENTS:
        return None
    event, properties = _EVENTS[payload["name"]]
    message = {
        "type": "track",
        "event": event,
        "messageId": payload.get("id"),
        "anonymousId": payload.get("clientId"),
        "properties": properties(payload.get("data")),
        "context": {"source": _source(payload)},
        "timestamp": payload.get("timestamp"),
    }
    return msgspec.json.encode(message)


def _viewed(data: object) -> dict[str, object]:
    return {"product_id": _number(_at(data, "productVariant", "product", "id"))}


def _cart(data: object) -> dict[str, object]:
    line = _at(data, "cartLine")
    return _item(line, _at(line, "merchandise"))


def _order(data: object) -> dict[str, object]:
    checkout = _at(data, "checkout")
    lines = _at(checkout, "lineItems")
    items = [_item(line, _at(line, "variant")) for line in lines] if isinstance(lines, list) else lines
    return {"order_id": _number(_at(checkout, "order", "id")), "products": items}


def _searched(data: object) -> dict[str, object]:
    return {"query": _at(data, "searchResult", "query")}


def _item(line: object, variant: object) -> dict[str, object]:
    item = {
        "product_id": _number(_at(variant, "product", "id")),
        "quantity": _at(line, "quantity"),
        "price": _at(variant, "price", "amount"),
    }
    return {name: value for name, value in item.items() if value is not None}


_EVENTS: Mapping[str, tuple[str, Callable[[object], dict[str, object]]]] = {
    "product_viewed": ("Product Viewed", _viewed),
    "product_added_to_cart": ("Product Added", _cart),
    "product_removed_from_cart": ("Product Removed", _cart),
    "checkout_completed": ("Order Completed", _order),
    "search_submitted": ("Products Searched", _searched),
}


def _source(payload: object) -> str:
    agent = _at(payload, "context", "navigator", "userAgent")
    return "mobile-web" if isinstance(agent, str) and _MOBILE in agent else "desktop"


def _number(identity: object) -> object:
    """Of gid://shopify/Product/7 the 7, which is how the other payloads name it."""
    return identity.rpartition("/")[2] if isinstance(identity, str) else identity


def _at(value: object, *names: str) -> Any:  # noqa: ANN401 - JSON
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
