"""What a Kafka message of the topic of views says."""

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from vitrine.errors import InvalidEventError
from vitrine.events import ProductView, decode, viewed_at


def view_in(message: Message, *, now: float) -> tuple[ProductView, float]:
    """A view and its time in Unix seconds: its own, else that of its record. Raises InvalidEventError."""
    value = message.value()
    if value is None:
        raise InvalidEventError("a record without a value")
    view = decode(value)
    kind, record_time = message.timestamp()
    if view.timestamp is None and kind == TIMESTAMP_NOT_AVAILABLE:
        raise InvalidEventError("no time: neither in the event nor of its Kafka record - at `$.timestamp`")
    return view, viewed_at(view, record_time=record_time / 1000, now=now)
