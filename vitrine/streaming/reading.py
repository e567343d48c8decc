"""Reading a topic in batches: what the readers of `group` and `own_offsets` share."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from vitrine.outage import Outage
from vitrine.settings import KafkaSettings
from vitrine.streaming.connection import ABOUT_ONE_BROKER, REFUSALS, BrokerErrors, client_configuration

logger = logging.getLogger(__name__)

MAX_BATCH_MESSAGES = 5000
# What the client fetches ahead. It bounds the bytes of a batch too, and so the memory, however long the backlog is.
FETCH_AHEAD_KILOBYTES = 8 * 1024
# How often an idle broker is asked whether it is there, and how long its answer may take.
ASK_SECONDS = 5.0
ANSWER_TIMEOUT_SECONDS = 2.0
RETURN_TIMEOUT_SECONDS = 0.5
# The client alone would wait without a limit for a broker that does not answer.
CLOSE_SECONDS = 1.0


class TopicReader(ABC):
    """Reads a topic for one thread. A subclass decides which partitions, from which offsets.

    Messages of one partition come in the order of their offsets. One batch is in hand at a time: each is either done
    or held before the next one is asked for. While a broker is away the reader waits for it, and logs that once.
    """

    def __init__(
        self, settings: KafkaSettings, topic: str, configuration: Mapping[str, object], *, server: str = "Kafka"
    ) -> None:
        """`server` is what it is called in the log when it goes away: one name for each reader of a process."""
        self._topic = topic
        self._outage = Outage(server)
        self._broker_errors = BrokerErrors(settings)
        # The codes of the client's errors about the topic or the group since the last message.
        self._complaints: set[int] = set()
        self._ask_at = time.monotonic() + ASK_SECONDS
        # Partitions that a group has taken away while the batch in hand was read or held.
        self._taken: set[int | None] = set()
        # Messages of its partitions that are not dealt with, as far as the client knows: while a batch is held nothing
        # is fetched, and what comes meanwhile is not known. Any thread may look.
        self.lag = 0
        self._client = Consumer(
            {
                **client_configuration(settings),
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "queued.max.messages.kbytes": FETCH_AHEAD_KILOBYTES,
                "fetch.max.bytes": FETCH_AHEAD_KILOBYTES * 1024 // 2,
                "reconnect.backoff.max.ms": 2000,
                "error_cb": self._on_error,
                **configuration,
            }
        )

    def next_batch(self, timeout: float) -> list[Message]:
        """The messages that are there, up to 5,000 or 8 MiB. Waits up to `timeout` seconds for the first one only."""
        first = self._client.poll(timeout)
        if first is None:
            self._note_lag()
            self._while_idle()
            return []
        # The batch begins with this message: what was taken away before does not concern it.
        self._taken.clear()
        messages = self._readable([first, *self._client.consume(MAX_BATCH_MESSAGES - 1, timeout=0)])
        self._note_lag()
        return messages

    def hold(self, messages: list[Message], seconds: float) -> list[Message]:
        """Fetches nothing for a while, however often it is called. Returns the batch to go on with.

        Messages of partitions that were taken away are left out, also where the partition has come back: another
        reader may have dealt with them, and with later ones. What was on its way already is added.
        """
        self._client.pause(self._client.assignment())
        message = self._client.poll(seconds)
        held = [each for each in messages if each.partition() not in self._taken] if self._taken else messages
        self._taken.clear()
        return held if message is None else held + self._readable([message])

    def resume(self) -> None:
        """Ends `hold`."""
        self._client.resume(self._client.assignment())

    def _note_lag(self) -> None:
        # By the thread that reads alone: asked by another while this one polls, the client was seen to stand still.
        self.lag = sum(self._lag_of(place) for place in self._client.position(self._client.assignment()))

    def _lag_of(self, place: TopicPartition) -> int:
        """Until a message has come, neither its end nor where the client stands is known: then there is none."""
        _, end = self._client.get_watermark_offsets(place, cached=True)
        at = self._next(place.partition, place.offset)
        return max(0, end - at) if at >= 0 else 0

    def _next(self, _partition: int, position: int) -> int:
        """The first offset that is not dealt with; `position` is the one that the client would give next."""
        return position

    @abstractmethod
    def done(self, messages: list[Message]) -> None:
        """The batch in hand has been dealt with."""

    def close(self) -> None:
        """Ends the connection; waits 1 s at most for a broker that does not answer."""
        closing = threading.Thread(target=self._close, name="kafka-close", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
        if closing.is_alive():
            logger.warning("Kafka does not answer; it will notice by itself that this client has gone")

    def _close(self) -> None:
        self._client.close()

    def _while_idle(self) -> None:
        """Messages show that the broker is there. Without any it is asked: the client does not report every outage."""
        if self._outage.is_on or time.monotonic() > self._ask_at:
            self._ask()

    def _ask(self) -> set[int]:
        """The partitions of the topic; none where the broker does not answer, or does not know the topic."""
        # A broker that was there a moment ago may only be slow.
        timeout = RETURN_TIMEOUT_SECONDS if self._outage.is_on else ANSWER_TIMEOUT_SECONDS
        try:
            topic = self._client.list_topics(self._topic, timeout=timeout).topics[self._topic]
        except KafkaException:
            self._note_outage()
            return set()
        finally:
            self._ask_at = time.monotonic() + ASK_SECONDS
        self._outage.end()
        if topic.error is not None:
            self._on_error(topic.error)
        return set(topic.partitions)

    def _readable(self, messages: list[Message]) -> list[Message]:
        """Leaves out the errors that the client reports in the place of messages, and deals with them."""
        readable = [message for message in messages if message.error() is None]
        if len(readable) < len(messages):
            for message in messages:
                if error := message.error():
                    self._on_report(message, error)
        if readable:
            self._outage.end()
            self._complaints.clear()
        return readable

    def _on_report(self, _: Message, error: KafkaError) -> None:
        self._on_error(error)

    def _on_error(self, error: KafkaError) -> None:
        # The client says `_FATAL` of what has ended it, and leaves `fatal()` unset then.
        if error.fatal() or error.code() == KafkaError._FATAL:
            raise KafkaException(error)
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._note_outage()
        elif error.code() in ABOUT_ONE_BROKER:
            self._broker_errors.note(error)
            self._note_refusal(error)
        elif error.code() not in self._complaints:
            self._complaints.add(error.code())
            logger.warning("Kafka: %s", error.str())

    def _note_outage(self) -> None:
        if not self._outage.is_on:
            self._outage.begin(self._broker_errors.reason)

    def _note_refusal(self, error: KafkaError) -> None:
        """Said once, also of a broker that was only away before: somebody has to do something."""
        if error.code() in REFUSALS and error.code() not in self._complaints:
            self._complaints.add(error.code())
            logger.warning("Kafka refuses the connection, or is refused: %s", self._broker_errors.reason)
