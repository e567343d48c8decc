"""What each message of a batch becomes: a row, a dead letter, or nothing, as it is too old or was erased. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from vitrine.errors import InvalidEventError
from vitrine.storage import ShopEventRow, ViewRow, shop_event_row, view_row
from vitrine.streaming import DeadLetter, shop_event_in, view_in
from vitrine.streaming.messages import is_uncounted

Row = TypeVar("Row")


class Decoded(NamedTuple, Generic[Row]):
    """Whose event a message is, its time in Unix seconds, and its row: None where it is older than the retention."""

    userid: str
    time: float
    row: Row | None


# From a message, and the time now in Unix seconds. Raises InvalidEventError.
Decode = Callable[[Message, float], Decoded[Row]]


@dataclass
class ClassifiedBatch(Generic[Row]):
    """The messages of a batch by what they become; `row_messages` are the messages of `rows`, in the same order."""

    rows: list[Row] = field(default_factory=list)
    row_messages: list[Message] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    expired: int = 0
    erased: int = 0


def views_kept_for(retention_seconds: float) -> Decode[ViewRow]:
    """What makes rows of views."""

    def decode(message: Message, now: float) -> Decoded[ViewRow]:
        view, time = view_in(message, now=now)
        return Decoded(
            view.userid,
            time,
            view_row(view, time=time, now=now, retention_seconds=retention_seconds, is_uncounted=is_uncounted(message)),
        )

    return decode


def shop_events_kept_for(retention_seconds: float, *, in_carts: float) -> Decode[ShopEventRow]:
    """What makes rows of shop events; a cart holds a product for `in_carts` seconds."""

    def decode(message: Message, now: float) -> Decoded[ShopEventRow]:
        event, time = shop_event_in(message, now=now)
        kind, milliseconds = message.timestamp()
        row = shop_event_row(
            event,
            time=time,
            record_time=time if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds / 1000,
            now=now,
            retention_seconds=retention_seconds,
            cart_seconds=in_carts,
            is_uncounted=is_uncounted(message),
        )
        return Decoded(event.userid, time, row)

    return decode


def classify(
    messages: Iterable[Message], decode: Decode[Row], *, now: float, is_erased: Callable[..., bool]
) -> ClassifiedBatch[Row]:
    """Classifies messages; `now` is Unix seconds, `is_erased` is ErasureLog.covers."""
    batch = ClassifiedBatch[Row]()
    for message in messages:
        try:
            userid, time, row = decode(message, now)
        except InvalidEventError as error:
            if _is_of_somebody_erased(message, is_erased):
                batch.erased += 1
            else:
                batch.letters.append(DeadLetter(message, str(error)))
            continue
        if _is_erased_event(message, userid, time, is_erased):
            batch.erased += 1
        elif row is None:
            batch.expired += 1
        else:
            batch.rows.append(row)
            batch.row_messages.append(message)
    return batch


def _is_erased_event(message: Message, userid: str, time: float, is_erased: Callable[..., bool]) -> bool:
    kind, record_time = message.timestamp()
    own_time = round(time * 1000)
    return is_erased(userid, own_time, own_time if kind == TIMESTAMP_NOT_AVAILABLE else record_time)


def _is_of_somebody_erased(message: Message, is_erased: Callable[..., bool]) -> bool:
    """By the key and the time of the record: what is no event says no more."""
    key = message.key()
    kind, record_time = message.timestamp()
    if key is None or kind == TIMESTAMP_NOT_AVAILABLE:
        return False
    return is_erased(key.decode(errors="replace"), record_time)
