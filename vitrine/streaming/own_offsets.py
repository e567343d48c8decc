"""Reading a whole topic from offsets that the reader's owner keeps, beside the state that it makes of the messages."""

import logging
import time
from collections.abc import Mapping

from confluent_kafka import OFFSET_BEGINNING, KafkaError, Message, TopicPartition

from vitrine.settings import KafkaSettings
from vitrine.streaming.reading import TopicReader

logger = logging.getLogger(__name__)


class OwnOffsetsReader(TopicReader):
    """Reads all partitions of a topic, and commits nothing to Kafka.

    `offsets` says where to start in each partition: one more than the offset of the last message that the owner's
    stored state knows. A partition without an offset, or one that is added later, is read from its first message. So
    is one whose offset Kafka does not have (any more), which is logged: messages may be missing, or come again.
    """

    def __init__(self, settings: KafkaSettings, *, topic: str, offsets: Mapping[int, int]) -> None:
        self._offsets = dict(offsets)
        self._assigned: set[int] = set()
        super().__init__(
            settings,
            topic,
            # The client wants the name of a group, though it joins none.
            {"group.id": f"{topic}-own-offsets", "auto.offset.reset": "error"},
        )
        self._ask_at = time.monotonic()

    def next_batch(self, timeout: float) -> list[Message]:
        """What is there, as TopicReader says. Now and then, first of all at the start, it looks for new partitions."""
        messages = super().next_batch(timeout)
        if time.monotonic() > self._ask_at:
            self._ask()
        return messages

    def done(self, messages: list[Message]) -> None:
        """Nothing to do: the owner's state knows how far the messages have been processed."""

    def _ask(self) -> set[int]:
        known = super()._ask()
        if new := known - self._assigned:
            offsets = {partition: self._offsets.get(partition, OFFSET_BEGINNING) for partition in new}
            self._client.incremental_assign([TopicPartition(self._topic, *start) for start in offsets.items()])
            self._assigned |= new
        return known

    def _on_report(self, message: Message, error: KafkaError) -> None:
        if error.code() != KafkaError._AUTO_OFFSET_RESET:
            super()._on_report(message, error)
            return
        partition = message.partition() or 0
        logger.warning(
            "Kafka does not have offset %s of %s, partition %d; reading it from its first message",
            message.offset(),
            self._topic,
            partition,
            extra={"topic": self._topic, "partition": partition, "offset": message.offset()},
        )
        # The client has stopped reading the partition; seek() is for those that it reads.
        start = [TopicPartition(self._topic, partition, OFFSET_BEGINNING)]
        self._client.incremental_unassign(start)
        self._client.incremental_assign(start)
