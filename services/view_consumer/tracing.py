"""A span for each event that came with a trace: from its batch's beginning until Cassandra or Kafka has it."""

from collections.abc import Iterable
from typing import Any

import msgspec
from confluent_kafka import Message
from opentelemetry.trace import SpanKind, Tracer

from services.view_consumer.classification import ClassifiedBatch
from vitrine import traces
from vitrine.streaming import DeadLetter
from vitrine.streaming.messages import REQUEST_ID, headers_of

NANOSECONDS = 1_000_000_000


class _WithId(msgspec.Struct):
    messageid: str


_id_decoder = msgspec.json.Decoder(_WithId)


class BatchTracer:
    """Makes the spans of a batch when it is done; what came without a trace, as from a file, has none."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def trace(self, batch: ClassifiedBatch[Any], letters: Iterable[DeadLetter], *, began: float, ended: float) -> None:
        """`began` and `ended` are Unix seconds. What Cassandra refused is in `letters`."""
        buried = {(letter.message.partition(), letter.message.offset()): letter.reason for letter in letters}
        for message in (*batch.row_messages, *(letter.message for letter in batch.letters)):
            headers = headers_of(message)
            if "traceparent" in headers:
                reason = buried.get((message.partition(), message.offset()), "")
                self._span(message, headers, reason, round(began * NANOSECONDS), round(ended * NANOSECONDS))

    def _span(self, message: Message, headers: dict[str, str], reason: str, began: int, ended: int) -> None:
        attributes: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": message.topic() or "",
            "messaging.destination.partition.id": str(message.partition()),
            "messaging.kafka.offset": message.offset() or 0,
            traces.REQUEST_ID: headers.get(REQUEST_ID, ""),
            "vitrine.outcome": "dead letter" if reason else "written",
        }
        if reason:
            attributes["vitrine.reason"] = reason
        else:
            # The row is found by it within the user's partition; the user is in the message at that offset.
            attributes["messaging.message.id"] = _id_decoder.decode(message.value() or b"").messageid
        span = self._tracer.start_span(
            f"process {message.topic()}",
            context=traces.context_of(headers.items()),
            kind=SpanKind.CONSUMER,
            attributes=attributes,
            start_time=began,
        )
        span.end(ended)
