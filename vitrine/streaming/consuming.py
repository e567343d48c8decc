"""Consuming in batches: messages come out, offsets go back when the caller says so, never before."""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from vitrine.outage import Outage
from vitrine.settings import KafkaSettings

logger = logging.getLogger(__name__)

MAX_BATCH_MESSAGES = 5000
# What the client fetches ahead bounds a batch by bytes too, and with it the memory, whatever the backlog.
FETCH_AHEAD_KILOBYTES = 8 * 1024
# The partitions of a consumer that was killed are taken over after this time.
SESSION_TIMEOUT_MS = 10_000
# How often an idle broker is asked whether it is there, and how long its answer may take.
ASK_SECONDS = 5.0
ANSWER_TIMEOUT_SECONDS = 2.0
RETURN_TIMEOUT_SECONDS = 0.5
# The client waits for a broker that does not answer, without a limit of its own.
CLOSE_SECONDS = 2.0
# One broker of several may go: the client goes on with the others, and tells when none is left.
_ABOUT_ONE_BROKER = {
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._RESOLVE,
    KafkaError._SSL,
    KafkaError._AUTHENTICATION,
}


class BatchConsumer:
    """A member of the group of view consumers. For one thread.

    Messages of one partition come in the order of their offsets. After a crash, or when partitions move to another
    member, messages come again from the last committed offset: at least once. A broker that is away is waited for,
    said once.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._outage = Outage("Kafka")
        # What the client says of one broker of several, and the codes of what it said of topic or group since the last
        # message.
        self._broker_error = ""
        self._complaints: set[int] = set()
        # The offset to go on from, of each partition that is ours.
        self._done: dict[tuple[str, int], int] = {}
        self._commit_failed = False
        self._ask_at = time.monotonic() + ASK_SECONDS
        self._topic = settings.views_topic
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.kafka_bootstrap_servers,
                "group.id": settings.view_consumer_group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": SESSION_TIMEOUT_MS,
                "queued.max.messages.kbytes": FETCH_AHEAD_KILOBYTES,
                "fetch.max.bytes": FETCH_AHEAD_KILOBYTES * 1024 // 2,
                "reconnect.backoff.max.ms": 2000,
                # A topic that is created after the subscription is found within this time.
                "topic.metadata.refresh.interval.ms": 5000,
                "log_level": 2,
                "error_cb": self._on_error,
                "on_commit": self._on_commit,
            }
        )
        self._consumer.subscribe([self._topic], on_revoke=self._on_revoke, on_lost=self._on_revoke)

    def next_batch(self, timeout: float) -> list[Message]:
        """What is there, up to 5,000 messages or 8 MiB; waits up to `timeout` seconds for the first, not for more."""
        first = self._consumer.poll(timeout)
        if first is None:
            self._while_idle()
            return []
        return self._readable([first, *self._consumer.consume(MAX_BATCH_MESSAGES - 1, timeout=0)])

    def hold(self, seconds: float) -> list[Message]:
        """Fetches nothing for a while but stays a member of the group, however often it is called.

        Returns what was on its way already, for the caller to keep with the batch that it holds.
        """
        self._consumer.pause(self._consumer.assignment())
        message = self._consumer.poll(seconds)
        return [] if message is None else self._readable([message])

    def resume(self) -> None:
        """Ends `hold`."""
        self._consumer.resume(self._consumer.assignment())

    def commit(self, messages: Sequence[Message]) -> None:
        """Marks messages, and those before them in their partitions, as done; does not wait for the broker.

        Those of partitions that have moved to another member are left to it.
        """
        ours = {(place.topic, place.partition) for place in self._consumer.assignment()}
        for message in messages:
            place = (message.topic(), message.partition())
            if place in ours:
                self._done[place] = (message.offset() or 0) + 1
        self._commit()

    def close(self) -> None:
        """Commits what is done and leaves the group; a broker that does not answer is waited for 2 s at most."""
        closing = threading.Thread(target=self._close, name="kafka-close", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
        if closing.is_alive():
            logger.warning("Kafka does not answer; the group will notice by itself that this member has gone")

    def _close(self) -> None:
        if self._done and not self._outage.is_on:
            with suppress(KafkaException):
                self._consumer.commit(offsets=self._offsets(), asynchronous=False)
        self._consumer.close()

    def _commit(self) -> None:
        if not self._done:
            return
        try:
            self._consumer.commit(offsets=self._offsets(), asynchronous=True)
        except KafkaException:
            self._commit_failed = True

    def _offsets(self) -> list[TopicPartition]:
        return [TopicPartition(topic, partition, offset) for (topic, partition), offset in self._done.items()]

    def _while_idle(self) -> None:
        """A message shows that the broker is there; without one it is asked: the client does not always tell."""
        if self._outage.is_on or time.monotonic() > self._ask_at:
            if self._answers():
                self._outage.end()
            else:
                self._outage.begin(self._broker_error or "no answer")
            self._ask_at = time.monotonic() + ASK_SECONDS
        if self._commit_failed and not self._outage.is_on:
            self._commit_failed = False
            self._commit()

    def _answers(self) -> bool:
        # A broker that was there a moment ago may only be slow.
        timeout = RETURN_TIMEOUT_SECONDS if self._outage.is_on else ANSWER_TIMEOUT_SECONDS
        try:
            self._consumer.list_topics(self._topic, timeout=timeout)
        except KafkaException:
            return False
        return True

    def _readable(self, messages: list[Message]) -> list[Message]:
        """Leaves out what the client reports in the place of a message."""
        readable = [message for message in messages if message.error() is None]
        for message in messages:
            if error := message.error():
                self._on_error(error)
        if readable:
            self._outage.end()
            self._complaints.clear()
        return readable

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            raise KafkaException(error)
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._outage.begin(self._broker_error or error.str())
        elif error.code() in _ABOUT_ONE_BROKER:
            self._broker_error = error.str()
        elif error.code() not in self._complaints:
            self._complaints.add(error.code())
            logger.warning("Kafka: %s", error.str())

    def _on_commit(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        self._commit_failed = error is not None or any(place.error is not None for place in places)

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        for place in partitions:
            self._done.pop((place.topic, place.partition), None)
