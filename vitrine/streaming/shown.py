"""What was shown to whom, on its way into Kafka, without anybody waiting for it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from vitrine.settings import KafkaSettings
from vitrine.streaming.producing import RETRY_SECONDS, SEND_TIMEOUT_SECONDS, producer_configuration
from vitrine.streaming.spans import new_spans, read_spans

# While the broker is away so many are kept, and no longer than this; what comes on top, or is older, is lost.
MAX_WAITING = 10_000
MAX_WAITING_SECONDS = 30.0
# Many answers go in one request to the broker.
_LINGER_MS = 50
_COMPLAINT_SECONDS = 60.0
_NO_LIMIT = 2**62

logger = logging.getLogger(__name__)


class ShownPublisher:
    """Sends messages in the background. Safe to use from several threads.

    A message may be lost, which is counted and said in the log, and may come in another order than it was given.
    """

    def __init__(self, settings: KafkaSettings, *, on_loss: Callable[[], object] = lambda: None) -> None:
        """`on_loss` is called for each message that is lost, by any thread."""
        self._on_loss = on_loss
        self._topic = settings.shown_topic
        self._lost = 0
        self._counting = threading.Lock()
        self._complained_at = float("-inf")
        self._producer = Producer(_configuration(settings))
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._serve, name="shown-delivery-reports", daemon=True)
        self._poller.start()

    @property
    def lost(self) -> int:
        """How many messages were lost since this process began."""
        return self._lost

    def publish(self, userid: str | None, value: bytes) -> None:
        """Returns at once, and raises nothing. Messages of one user are in one partition."""
        try:
            self._producer.produce(self._topic, value=value, key=userid and userid.encode(), on_delivery=self._report)
        except BufferError:
            self._lose(f"{MAX_WAITING:,} wait for the broker")
        except KafkaException as error:
            self._lose(error.args[0].str())

    def close(self) -> None:
        """Waits a moment for what is under way."""
        self._producer.flush(SEND_TIMEOUT_SECONDS)
        self._closed.set()

    def _serve(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(RETRY_SECONDS)

    def _report(self, error: KafkaError | None, _: Message | None) -> None:
        if error is not None:
            self._lose(error.str())

    def _lose(self, why: str) -> None:
        self._on_loss()
        with self._counting:
            self._lost += 1
            is_due = time.monotonic() - self._complained_at >= _COMPLAINT_SECONDS
            if is_due:
                self._complained_at = time.monotonic()
        if is_due:
            logger.warning("what was shown is not recorded, %s answers until now: %s", f"{self._lost:,}", why)


def shown_to(settings: KafkaSettings, userid: str) -> Iterator[list[tuple[int, bytes]]]:
    """What was shown to a user, as far as Kafka keeps it: for each piece of the topic, of whatever users it is, the
    messages that are theirs, with their times in Unix milliseconds.

    It looks through the whole topic; who has no time for that stops in between. Raises StreamUnavailableError.
    """
    key = userid.encode()
    spans = new_spans(settings, topic=settings.shown_topic, offsets={})
    for messages in read_spans(settings, topic=settings.shown_topic, spans=spans, most=_NO_LIMIT):
        yield [(each.timestamp()[1], each.value() or b"null") for each in messages if each.key() == key]


def _configuration(settings: KafkaSettings) -> dict[str, Any]:
    return producer_configuration(
        settings,
        **{
            "linger.ms": _LINGER_MS,
            "queue.buffering.max.messages": MAX_WAITING,
            "message.timeout.ms": int(MAX_WAITING_SECONDS * 1000),
            "delivery.report.only.error": True,
        },
    )
