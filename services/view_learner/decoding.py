"""What can be learned from a batch of messages. Pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from vitrine.canary import is_canary
from vitrine.errors import InvalidEventError
from vitrine.learning import Events, Stream
from vitrine.purchases import parse
from vitrine.streaming import view_in
from vitrine.streaming.messages import is_uncounted


class Batch(NamedTuple):
    """Events, and why the first message that is none is none; of each partition the offset to go on with.

    `erased` is how many events were left out as their person was erased after them.
    """

    events: Events
    erased: int
    invalid: int
    reason: str
    offsets: dict[int, int]


# User, product, id of the event, Unix seconds.
_Event = tuple[str, str, str, float]


def decoded(messages: Sequence[Message], stream: Stream, *, now: float, is_erased: Callable[..., bool]) -> Batch:
    """What is no event is passed over and counted: of views, the consumer makes dead letters.

    `is_erased` is ErasureLog.covers.
    """
    events_in = _DECODERS[stream]
    users: list[str] = []
    products: list[str] = []
    identities: list[str] = []
    times: list[float] = []
    reasons = []
    erased = 0
    for message in messages:
        try:
            found = events_in(message, now)
        except InvalidEventError as error:
            reasons.append(str(error))
            continue
        kind, record_time = message.timestamp()
        for user, product, identity, time in found:
            own_time = round(time * 1000)
            if is_erased(user, own_time, own_time if kind == TIMESTAMP_NOT_AVAILABLE else record_time):
                erased += 1
                continue
            users.append(user)
            products.append(product)
            identities.append(identity)
            times.append(time)
    offsets = {message.partition() or 0: (message.offset() or 0) + 1 for message in messages}
    events = Events(users, products, identities, times)
    return Batch(events, erased, len(reasons), reasons[0] if reasons else "", offsets)


def _view(message: Message, now: float) -> Sequence[_Event]:
    view, time = view_in(message, now=now)
    if is_canary(view.userid) or is_uncounted(message):
        return ()
    return ((view.userid, view.properties.productid, view.messageid, time),)


def _purchases(message: Message, now: float) -> Sequence[_Event]:
    value = message.value()
    if value is None:
        raise InvalidEventError("a record without a value")
    user, lines = parse(value, now=now)
    return [(user, line.productid, line.id, time) for line, time in lines]


_DECODERS: dict[Stream, Callable[[Message, float], Sequence[_Event]]] = {
    Stream.VIEWS: _view,
    Stream.PURCHASES: _purchases,
}
