"""What cannot be stored as a view goes to a topic of its own: the original bytes, the reason and the origin."""

from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import Message

from vitrine.settings import KafkaSettings
from vitrine.streaming.producing import AcknowledgedProducer, Record

# Headers of a dead letter; numbers are decimal text, the timestamp is in milliseconds.
REASON = "dead-letter-reason"
ORIGIN_TOPIC = "origin-topic"
ORIGIN_PARTITION = "origin-partition"
ORIGIN_OFFSET = "origin-offset"
ORIGIN_TIMESTAMP = "origin-timestamp"


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
        """Returns when the broker has acknowledged all letters. Raises StreamUnavailableError."""
        self.send([_record(self._topic, letter) for letter in letters])


def _record(topic: str, letter: DeadLetter) -> Record:
    message = letter.message
    headers = {
        REASON: letter.reason,
        ORIGIN_TOPIC: message.topic(),
        ORIGIN_PARTITION: message.partition(),
        ORIGIN_OFFSET: message.offset(),
        ORIGIN_TIMESTAMP: message.timestamp()[1],
    }
    return Record(
        topic,
        message.key(),
        message.value(),
        [(name, str(value).encode()) for name, value in headers.items()],
    )
