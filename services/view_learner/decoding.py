"""What can be learned from a batch of messages. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from vitrine.canary import is_canary
from vitrine.errors import InvalidEventError
from vitrine.learning import Events, Stream
from vitrine.purchases import parse
from vitrine.shop_events import OrderCompleted, lessons
from vitrine.streaming import shop_event_in, view_in
from vitrine.streaming.messages import is_uncounted


class Batch(NamedTuple):
    """Events of each kind, and why the first message that is none is none; of each partition the offset to go on with.

    `erased` is how many events were left out as their person was erased after them.
    """

    events: dict[Stream, Events]
    erased: int
    invalid: int
    reason: str
    offsets: dict[int, int]


class _Event(NamedTuple):
    stream: Stream
    user: str
    product: str
    id: str
    time: float


def decoded(messages: Sequence[Message], topic: Stream, *, now: float, is_erased: Callable[..., bool]) -> Batch:
    """What is no event is passed over and counted: of views and shop events, the consumer makes dead letters.

    The messages are of the topic of `topic`. `is_erased` is ErasureLog.covers.
    """
    events_in = _DECODERS[topic]
    taught: defaultdict[Stream, list[tuple[str, str, str, float]]] = defaultdict(list)
    reasons = []
    erased = 0
    for message in messages:
        try:
            found = events_in(message, now)
        except InvalidEventError as error:
            reasons.append(str(error))
            continue
        kind, record_time = message.timestamp()
        for stream, user, product, identity, time in found:
            own_time = round(time * 1000)
            if is_erased(user, own_time, own_time if kind == TIMESTAMP_NOT_AVAILABLE else record_time):
                erased += 1
                continue
            taught[stream].append((user, product, identity, time))
    offsets = {message.partition() or 0: (message.offset() or 0) + 1 for message in messages}
    events = {stream: Events(*map(list, zip(*rows, strict=True))) for stream, rows in taught.items()}
    return Batch(events, erased, len(reasons), reasons[0] if reasons else "", offsets)


def _view(message: Message, now: float) -> Sequence[_Event]:
    view, time = view_in(message, now=now)
    if is_canary(view.userid) or is_uncounted(message):
        return ()
    return (_Event(Stream.VIEWS, view.userid, view.properties.productid, view.messageid, time),)


def _purchases(message: Message, now: float) -> Sequence[_Event]:
    value = message.value()
    if value is None:
        raise InvalidEventError("a record without a value")
    user, lines = parse(value, now=now)
    return [_Event(Stream.PURCHASES, user, line.productid, line.id, time) for line, time in lines]


def _shop_event(message: Message, now: float) -> Sequence[_Event]:
    event, time = shop_event_in(message, now=now)
    if is_canary(event.userid) or is_uncounted(message):
        return ()
    stream = Stream.PURCHASES if isinstance(event, OrderCompleted) else Stream.CARTS
    return [_Event(stream, event.userid, product, identity, time) for product, identity in lessons(event)]


_DECODERS: dict[Stream, Callable[[Message, float], Sequence[_Event]]] = {
    Stream.VIEWS: _view,
    Stream.PURCHASES: _purchases,
    Stream.CARTS: _shop_event,
}
