"""What a Kafka message of the topic of views, or of the topic of shop events, says."""

from operator import methodcaller

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from vitrine import shop_events
from vitrine.errors import InvalidEventError
from vitrine.events import ProductView, decode, occurred_at, viewed_at
from vitrine.shop_events import ShopEvent

# Of the request that posted a view.
REQUEST_ID = "x-request-id"
# Of a view that teaches nobody anything: which cap it was over when it was posted.
UNCOUNTED = "uncounted"
# Where the name of a header is no UTF-8, the client (2.16) gives back a list with holes and leaves an error behind,
# which ends the process when the list is read. Called from C, the error is noticed at once; from Python not always.
_headers = methodcaller("headers")


def headers_of(message: Message) -> dict[str, str]:
    """A value that is no UTF-8 is replaced; of headers with one name the last counts.

    Where a name is no UTF-8 there are none.
    """
    return {name: (value or b"").decode(errors="replace") for name, value in _pairs(message)}


def is_uncounted(message: Message) -> bool:
    """Whether a view is not to be learned from."""
    return any(name == UNCOUNTED for name, _ in _pairs(message))


def _pairs(message: Message) -> list[tuple[str, bytes | None]]:
    try:
        return _headers(message) or []
    except SystemError:
        message.set_headers([])
        return []


def age_of(message: Message, *, now: float) -> float:
    """Seconds since its record's time; 0 where that is not known, or lies in the future. `now` is Unix seconds."""
    kind, milliseconds = message.timestamp()
    return 0.0 if kind == TIMESTAMP_NOT_AVAILABLE else max(0.0, now - milliseconds / 1000)


def view_in(message: Message, *, now: float) -> tuple[ProductView, float]:
    """A view and its time in Unix seconds: its own, else that of its record. Raises InvalidEventError."""
    view = decode(_value(message))
    return view, viewed_at(view, record_time=_record_time(message, view.timestamp), now=now)


def shop_event_in(message: Message, *, now: float) -> tuple[ShopEvent, float]:
    """An event and its time, as view_in() says of a view. Raises InvalidEventError."""
    event = shop_events.decode(_value(message))
    return event, occurred_at(event.timestamp, record_time=_record_time(message, event.timestamp), now=now)


def _value(message: Message) -> bytes:
    value = message.value()
    if value is None:
        raise InvalidEventError("a record without a value")
    return value


def _record_time(message: Message, timestamp: str | None) -> float:
    kind, milliseconds = message.timestamp()
    if timestamp is None and kind == TIMESTAMP_NOT_AVAILABLE:
        raise InvalidEventError("no time: neither in the event nor of its Kafka record - at `$.timestamp`")
    return milliseconds / 1000
