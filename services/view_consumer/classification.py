"""What becomes of each message of a batch: a row, a dead letter, or nothing since it is too old. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from confluent_kafka import Message

from vitrine.errors import InvalidEventError
from vitrine.storage import ViewRow, view_row
from vitrine.streaming import DeadLetter, view_in


@dataclass
class ClassifiedBatch:
    """The messages of a batch by what becomes of them; `rows` and `row_messages` belong together."""

    rows: list[ViewRow] = field(default_factory=list)
    row_messages: list[Message] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    expired: int = 0


def classify(messages: Iterable[Message], *, now: float, retention_seconds: float) -> ClassifiedBatch:
    """Sorts messages; `now` is Unix seconds."""
    batch = ClassifiedBatch()
    for message in messages:
        try:
            row = _row(message, now, retention_seconds)
        except InvalidEventError as error:
            batch.letters.append(DeadLetter(message, str(error)))
            continue
        if row is None:
            batch.expired += 1
        else:
            batch.rows.append(row)
            batch.row_messages.append(message)
    return batch


def _row(message: Message, now: float, retention_seconds: float) -> ViewRow | None:
    view, time = view_in(message, now=now)
    return view_row(view, time=time, now=now, retention_seconds=retention_seconds)
