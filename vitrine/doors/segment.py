"""Messages in Segment's form, as its libraries and RudderStack's send them, turned into the events that they tell of.

The form is that of Segment's specification: segment.com/docs/connections/spec/common and …/spec/ecommerce/v2.
"""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

import msgspec

from vitrine import events, shop_events
from vitrine.errors import InvalidEventError
from vitrine.events import ProductView, parse_time
from vitrine.identity import ANONYMOUS_PREFIX, VISITOR_PREFIX, has_anonymous_form, is_visitor
from vitrine.shop_events import ShopEvent

CALLS = ("track", "identify", "alias", "page", "screen", "group")
# By the addresses, of which the library for browsers asks for the short ones.
ADDRESSES = {name: name for name in (*CALLS, "batch")} | {name[0]: name for name in (*CALLS, "batch")}
# What a count of refused messages tells apart.
REASONS = ("malformed", "unknown call", "unknown event", "no person", "not allowed", "not an event of the form")
_MINUTE = 60.0
_SOURCE_MAXIMUM = 128


Decoded = TypeVar("Decoded")
# An event with its JSON text.
Told = tuple[ProductView | ShopEvent, bytes]


class RefusedMessageError(InvalidEventError):
    """A message of which no event can be made. `reason` is one of REASONS."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Context(msgspec.Struct, gc=False):
    """Of what a message says of where it comes from, what an event keeps. Libraries put other things here as well."""

    source: Any = None
    channel: Any = None
    device: Any = None
    library: Any = None
    userAgentData: Any = None  # noqa: N815 - as it is in the JSON


class Message(msgspec.Struct, gc=False):
    """A message of any call."""

    type: str | None = None
    event: str | None = None
    messageId: str | None = None  # noqa: N815
    userId: str | int | None = None  # noqa: N815
    anonymousId: str | int | None = None  # noqa: N815
    previousId: str | int | None = None  # noqa: N815
    properties: msgspec.Raw = msgspec.Raw(b"null")
    context: Context | None = None
    timestamp: str | None = None
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815


class Line(msgspec.Struct, gc=False):
    """A product of an order, or of a list that was shown."""

    product_id: str | int | None = None
    quantity: int = 1
    price: float | None = None


class Properties(msgspec.Struct, gc=False):
    """Of the properties of all the events that are understood, what they need."""

    product_id: str | int | None = None
    quantity: int = 1
    price: float | None = None
    order_id: str | int | None = None
    products: list[Line] = []
    query: str | None = None
    recommendation_id: str | None = None
    placement: str | None = None


_message_decoder = msgspec.json.Decoder(Message)
# Shops send numbers as texts, too.
_properties_decoder = msgspec.json.Decoder(Properties | None, strict=False)


def decoded(decoder: msgspec.json.Decoder[Decoded], raw: bytes | msgspec.Raw, what: str = "") -> Decoded:
    """What a JSON text says, of which a reason begins with `what`. Raises RefusedMessageError."""
    try:
        return decoder.decode(raw)
    except (RecursionError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise RefusedMessageError("malformed", f"{what}{events.not_decoded(error)}") from None


def decode(raw: bytes | msgspec.Raw) -> Message:
    """A message from its JSON text. Raises RefusedMessageError."""
    message = decoded(_message_decoder, raw)
    # The same message has the same id when it comes again.
    message.messageId = message.messageId or blake2b(raw, digest_size=16).hexdigest()
    return message


def call_of(message: Message) -> str:
    """Of a message of a batch, which call it is. Raises RefusedMessageError."""
    if message.type not in CALLS:
        raise RefusedMessageError("unknown call", f"`type` is none of {', '.join(CALLS)}")
    return message.type


def visitor_id(anonymous_id: str | int) -> str:
    """The user id of somebody who is known by an `anonymousId` only.

    Libraries make one of 122 random bits, a UUID of version 4: of that it is `anon-` and the 32 digits, which nobody
    can guess. Another id is set apart from the ids of customers only.
    """
    text = str(anonymous_id)
    with suppress(ValueError):
        if len(text) == 36 and (made := uuid.UUID(text)).version == 4:
            return f"{ANONYMOUS_PREFIX}{made.hex}"
    return text if has_anonymous_form(text) else f"{VISITOR_PREFIX}{text}"


def person_of(message: Message) -> str:
    """Whose a message is, by its own word. Raises RefusedMessageError."""
    if message.userId not in {None, ""}:
        return str(message.userId)
    if message.anonymousId in {None, ""}:
        raise RefusedMessageError("no person", "neither `userId` nor `anonymousId` is there")
    return visitor_id(str(message.anonymousId))


class Join(NamedTuple):
    """A visitor said who they are, the customer `userid`, at a moment in Unix seconds."""

    visitorid: str
    userid: str
    at: float


def join_of(message: Message, *, sent_at: str | None, now: float) -> Join | None:
    """Whom `identify` or `alias` joins; None where a message names no visitor. `now` is Unix seconds.

    Raises RefusedMessageError.
    """
    visitor = message.anonymousId if message.previousId in {None, ""} else message.previousId
    if message.userId in {None, ""} or visitor in {None, ""}:
        return None
    visitorid, userid = visitor_id(str(visitor)), str(message.userId)
    if not (events.is_id(userid) and events.is_id(visitorid)) or is_visitor(userid):
        raise RefusedMessageError("not an event of the form", f"`userId` or the visitor's id is not {events.ID_RULE}")
    try:
        at = events.occurred_at(_time(message, sent_at, now).get("timestamp"), record_time=now, now=now)
    except InvalidEventError as error:
        raise RefusedMessageError("not an event of the form", str(error)) from None
    return Join(visitorid, userid, min(at, now))


def event_of(message: Message, *, call: str, userid: str, sent_at: str | None, now: float) -> Told | None:
    """The event that a message of somebody tells of, with its JSON text; None where it tells of none that is kept.

    `sent_at` is the sender's clock when it sent, where the message itself does not say; `now` is ours, Unix seconds.
    Raises RefusedMessageError.
    """
    told = _told(message, call)
    if told is None:
        return None
    name, properties = told
    text = msgspec.json.encode(
        {
            "event": name,
            "messageid": message.messageId,
            "userid": userid,
            "properties": properties,
            "context": {"source": _source(message.context)},
            **_time(message, sent_at, now),
        }
    )
    try:
        return (events if name == "ProductView" else shop_events).parse(text, now=now), text
    except InvalidEventError as error:
        raise RefusedMessageError("not an event of the form", str(error)) from None


def _told(message: Message, call: str) -> tuple[str, dict[str, object]] | None:
    """Name and properties of the event; None where there is none in it."""
    if call == "page":
        found = _properties(message)
        return None if found.product_id is None else ("ProductView", _product(found))
    if call != "track":
        return None
    if message.event is None:
        raise RefusedMessageError("malformed", "`event` is missing")
    # "Product Viewed" and product_viewed are one.
    known = _TOLD.get(message.event.replace(" ", "").replace("_", "").lower())
    if known is None:
        raise RefusedMessageError("unknown event", f"nothing is kept of {_shortened(message.event)}")
    name, properties_of = known
    return name, properties_of(_properties(message))


def _product(found: Properties | Line, place: str = "") -> dict[str, object]:
    return {"productid": _required(found.product_id, f"{place}product_id")}


def _item(found: Properties | Line, place: str = "") -> dict[str, object]:
    item = {**_product(found, place), "quantity": found.quantity}
    return item if found.price is None else {**item, "price": found.price}


def _order(found: Properties) -> dict[str, object]:
    items = [_item(line, f"products[{place}].") for place, line in enumerate(found.products)]
    return {"orderid": _required(found.order_id, "order_id"), "products": items}


def _shown(found: Properties) -> dict[str, object]:
    lines = enumerate(found.products)
    products = [_required(line.product_id, f"products[{place}].product_id") for place, line in lines]
    return {**_recommendation(found), "products": products}


def _clicked(found: Properties) -> dict[str, object]:
    return {**_recommendation(found), **_product(found)}


def _search(found: Properties) -> dict[str, object]:
    return {"query": _required(found.query, "query")}


def _recommendation(found: Properties) -> dict[str, object]:
    answer: dict[str, object] = {"recommendationid": _required(found.recommendation_id, "recommendation_id")}
    return answer if found.placement is None else {**answer, "placement": found.placement}


# By the names of Segment's specification, and by ours: what each event is called here, and its properties.
_TOLD: Mapping[str, tuple[str, Callable[[Properties], dict[str, object]]]] = {
    "productviewed": ("ProductView", _product),
    "productview": ("ProductView", _product),
    "productadded": ("ProductAdded", _item),
    "productremoved": ("ProductRemoved", _item),
    "ordercompleted": ("OrderCompleted", _order),
    "productlistviewed": ("RecommendationsShown", _shown),
    "recommendationsshown": ("RecommendationsShown", _shown),
    "productclicked": ("RecommendationClicked", _clicked),
    "recommendationclicked": ("RecommendationClicked", _clicked),
    "productssearched": ("Searched", _search),
    "searched": ("Searched", _search),
}


def _properties(message: Message) -> Properties:
    return decoded(_properties_decoder, message.properties, "`properties`: ") or Properties()


def _required(value: str | int | None, name: str) -> str:
    if value is None:
        raise RefusedMessageError("not an event of the form", f"`properties.{name}` is missing")
    return str(value)


def _source(context: Context | None) -> str:
    """What comes first of: `context.source`, the kind of device, the channel, the library."""
    found = context or Context()
    is_mobile = _member(found.userAgentData, "mobile")
    by_agent = None if is_mobile is None else "mobile-web" if is_mobile else "desktop"
    options = (
        found.source,
        _member(found.device, "type"),
        by_agent,
        found.channel,
        _member(found.library, "name"),
    )
    return next((each[:_SOURCE_MAXIMUM] for each in options if isinstance(each, str) and each), "segment")


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _time(message: Message, sent_at: str | None, now: float) -> dict[str, str]:
    """When it was, by our clock: a device whose clock is wrong says when it sent by the same clock, as in Segment's.

    By whole minutes, so that a message that is sent once more has the same time, and is the same event.
    """
    # RudderStack's libraries give the second only.
    time, sent = message.timestamp or message.originalTimestamp, message.sentAt or sent_at
    if not time:
        return {}
    if not sent:
        return {"timestamp": time}
    try:
        minutes = round((now - parse_time(sent)) / _MINUTE)
        if not minutes:
            return {"timestamp": time}
        moment = datetime.fromtimestamp(parse_time(time) + minutes * _MINUTE, UTC)
    except (InvalidEventError, OverflowError, ValueError, OSError):
        # The time itself is checked with the event.
        return {"timestamp": time}
    return {"timestamp": moment.isoformat(timespec="milliseconds")}


def _shortened(text: str) -> str:
    return ascii(text if len(text) <= 64 else f"{text[:64]}…")
