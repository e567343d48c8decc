"""What each message of a batch becomes: a row, a dead letter, or nothing, as it is too old or was erased. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from vitrine.errors import InvalidEventError
from vitrine.events import ProductView
from vitrine.storage import ViewRow, view_row
from vitrine.streaming import DeadLetter, view_in
from vitrine.streaming.messages import is_uncounted


@dataclass
class ClassifiedBatch:
    """The messages of a batch by what they become; `row_messages` are the messages of `rows`, in the same order."""

    rows: list[ViewRow] = field(default_factory=list)
    row_messages: list[Message] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    expired: int = 0
    erased: int = 0


def classify(
    messages: Iterable[Message], *, now: float, retention_seconds: float, is_erased: Callable[..., bool]
) -> ClassifiedBatch:
    """Classifies messages; `now` is Unix seconds, `is_erased` is ErasureLog.covers."""
    batch = ClassifiedBatch()
    for message in messages:
        try:
            view, time = view_in(message, now=now)
        except InvalidEventError as error:
            if _is_of_somebody_erased(message, is_erased):
                batch.erased += 1
            else:
                batch.letters.append(DeadLetter(message, str(error)))
            continue
        if _is_erased_view(message, view, time, is_erased):
            batch.erased += 1
            continue
        row = view_row(
            view, time=time, now=now, retention_seconds=retention_seconds, is_uncounted=is_uncounted(message)
        )
        if row is None:
            batch.expired += 1
        else:
            batch.rows.append(row)
            batch.row_messages.append(message)
    return batch


def _is_erased_view(message: Message, view: ProductView, time: float, is_erased: Callable[..., bool]) -> bool:
    kind, record_time = message.timestamp()
    own_time = round(time * 1000)
    return is_erased(view.userid, own_time, own_time if kind == TIMESTAMP_NOT_AVAILABLE else record_time)


def _is_of_somebody_erased(message: Message, is_erased: Callable[..., bool]) -> bool:
    """By the key and the time of the record: what is no view says no more."""
    key = message.key()
    kind, record_time = message.timestamp()
    if key is None or kind == TIMESTAMP_NOT_AVAILABLE:
        return False
    return is_erased(key.decode(errors="replace"), record_time)
