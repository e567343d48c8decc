"""What cannot be stored as a view goes to a topic of its own: the original bytes, the reason and the origin."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from confluent_kafka import Message

from vitrine.settings import KafkaSettings
from vitrine.streaming.messages import REQUEST_ID, UNCOUNTED, headers_of
from vitrine.streaming.producing import AcknowledgedProducer, Record, is_too_large

logger = logging.getLogger(__name__)

# Headers of a dead letter; numbers are decimal text, the timestamp is in milliseconds.
REASON = "dead-letter-reason"
ORIGIN_TOPIC = "origin-topic"
ORIGIN_PARTITION = "origin-partition"
ORIGIN_OFFSET = "origin-offset"
ORIGIN_TIMESTAMP = "origin-timestamp"
# Only where a letter has just the first bytes of the value or the key: how many bytes there were.
VALUE_CUT_FROM = "dead-letter-value-cut-from"
KEY_CUT_FROM = "dead-letter-key-cut-from"


@dataclass(frozen=True)
class DeadLetter:
    """A message that cannot be stored, and why."""

    message: Message
    reason: str


class DeadLetterPublisher(AcknowledgedProducer):
    """Writes dead letters; the promise is that of AcknowledgedProducer."""

    def __init__(self, settings: KafkaSettings) -> None:
        super().__init__(settings)
        self._topic = settings.dead_letter_topic

    def publish(self, letters: Iterable[DeadLetter]) -> None:
        """Returns when the broker has acknowledged all letters.

        One that is larger than its topic takes is cut until it fits: first the value, then the key. Its headers and
        the log say so. Raises StreamUnavailableError, StreamRefusedError.
        """
        if cut := self._publish([_record(self._topic, letter) for letter in letters]):
            logger.warning("%d dead letters are cut: they were larger than topic %s takes", cut, self._topic)

    def _publish(self, records: list[Record]) -> int:
        """Returns how many had to be cut."""
        errors = self._errors(records)
        self._raise_first(error for error in errors if not is_too_large(error))
        refused = [record for record, error in zip(records, errors, strict=True) if error is not None]
        if not refused:
            return 0
        if len(records) == 1:
            if not records[0].value and not records[0].key:
                self._raise_first(errors)
            return max(1, self._publish([_half(records[0])]))
        # What the client put into one batch may be too large although no single record is.
        middle = len(refused) // 2
        return self._publish(refused[:middle]) + self._publish(refused[middle:])


def _record(topic: str, letter: DeadLetter) -> Record:
    message = letter.message
    headers = {
        REASON: letter.reason,
        ORIGIN_TOPIC: message.topic(),
        ORIGIN_PARTITION: message.partition(),
        ORIGIN_OFFSET: message.offset(),
        ORIGIN_TIMESTAMP: message.timestamp()[1],
    }
    own = headers_of(message)
    headers.update((name, own[name]) for name in (REQUEST_ID, UNCOUNTED) if own.get(name))
    return Record(
        topic,
        message.key(),
        message.value(),
        [(name, str(value).encode()) for name, value in headers.items()],
    )


def _half(record: Record) -> Record:
    """The record with half of its value, or of its key where it has no value."""
    headers = dict(record.headers)
    value, key = record.value, record.key
    if value:
        headers.setdefault(VALUE_CUT_FROM, str(len(value)).encode())
        value = value[: len(value) // 2]
    elif key:
        headers.setdefault(KEY_CUT_FROM, str(len(key)).encode())
        key = key[: len(key) // 2]
    return replace(record, key=key, value=value, headers=list(headers.items()))
