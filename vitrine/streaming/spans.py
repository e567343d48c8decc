"""Reading what a topic holds between offsets that are known beforehand, and no more."""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming.offsets import asking, first_and_end, partitions

MESSAGES_AT_ONCE = 10_000
SILENT_SECONDS = 30.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Span:
    """The messages of a partition from offset `start` up to but without `end`."""

    partition: int
    start: int
    end: int


def new_spans(settings: KafkaSettings, *, topic: str, offsets: Mapping[int, int]) -> list[Span]:
    """What a topic holds from given offsets on, from the first message where none is given; no empty spans.

    Where Kafka does not have an offset (any more), the partition is read from its first message; the log says so:
    messages may be missing, or come again. Raises StreamUnavailableError.
    """
    with asking(settings, f"{topic}-own-offsets") as client:
        found = [_span(client, place, offsets.get(place.partition)) for place in partitions(client, topic)]
    return [span for span in found if span.start < span.end]


def read_spans(settings: KafkaSettings, *, topic: str, spans: list[Span], most: int) -> Iterator[list[Message]]:
    """The messages, partition by partition, at most `most` of them; commits nothing.

    Raises StreamUnavailableError when nothing comes for 30 seconds.
    """
    left = most
    configuration: dict[str, str | bool] = {
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        # The broker holds a request at the end of a partition for so long, and the next partition's waits behind it.
        "fetch.wait.max.ms": "10",
    }
    with asking(settings, f"{topic}-own-offsets", configuration) as client:
        for span in spans:
            for messages in _read_span(client, topic, span, left):
                left -= len(messages)
                yield messages
            if left <= 0:
                return


def _span(client: Consumer, place: TopicPartition, offset: int | None) -> Span:
    first, end = first_and_end(client, place)
    if offset is not None and not first <= offset <= end:
        logger.warning(
            "Kafka does not have offset %d of %s, partition %d; reading it from its first message, %d",
            *(offset, place.topic, place.partition, first),
            extra={"topic": place.topic, "partition": place.partition, "offset": offset},
        )
        offset = None
    return Span(place.partition, first if offset is None else offset, end)


def _read_span(client: Consumer, topic: str, span: Span, most: int) -> Iterator[list[Message]]:
    client.assign([TopicPartition(topic, span.partition, span.start)])
    heard_at = time.monotonic()
    is_at_end = False
    following = span.start
    while most > 0 and not is_at_end:
        # No more than there can be: the client waits for as many as it is asked for.
        messages = client.consume(min(most, MESSAGES_AT_ONCE, max(1, span.end - following)), timeout=0.5)
        wanted = [message for message in messages if _is_wanted(message, span)]
        # What lies before `end` may be no message: the next one is past it, or there is none.
        is_at_end = any(_is_past(message, span) for message in messages)
        if messages:
            heard_at = time.monotonic()
            following = 1 + max(message.offset() or 0 for message in messages)
        elif time.monotonic() > heard_at + SILENT_SECONDS:
            raise StreamUnavailableError(f"Kafka: nothing came from {topic} for {SILENT_SECONDS:.0f} s")
        if wanted:
            most -= len(wanted)
            yield wanted


def _is_wanted(message: Message, span: Span) -> bool:
    return message.error() is None and (message.offset() or 0) < span.end


def _is_past(message: Message, span: Span) -> bool:
    error = message.error()
    if error is None:
        return (message.offset() or 0) >= span.end - 1
    if error.code() == KafkaError._PARTITION_EOF:
        return True
    if error.fatal() or not error.retriable():
        raise KafkaException(error)
    return False
