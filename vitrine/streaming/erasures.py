"""The topic of erasures: who was erased, and until when nothing of them counts any more.

The topic is the truth. An erasure is accepted once Kafka has acknowledged it; whatever follows can be done, and done
again, by anybody who reads the topic. It is compacted: each erasure is one key for ever, so that who replays all of
Kafka, restores a backup or builds a model anew still knows it. The id of the person stands in the record only while
there is something left to do; then the record is replaced by one that names a digest alone.
"""

import hashlib
import logging
import time
import uuid
from collections.abc import Iterable
from typing import Self

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from vitrine.errors import ErasuresUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming.connection import client_configuration
from vitrine.streaming.offsets import first_and_end
from vitrine.streaming.producing import AcknowledgedProducer, Record

logger = logging.getLogger(__name__)

# Nothing came for so long although there is something.
SILENT_SECONDS = 10.0
# A consumer ends within five seconds of being told to.
ANSWER_SECONDS = 2.0
# All are in one, in whatever number the topic was made: who reads it has read it all.
_PARTITION = 0
_UNKNOWN = {KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART}
_POLL_SECONDS = 0.2
_MESSAGES_AT_ONCE = 1000


class Erasure(msgspec.Struct, frozen=True, rename="kebab"):
    """Somebody was erased, with all that they did up to `erased_at`, in Unix milliseconds.

    `digest` is that of the id (`digest_of`). `person` is the id itself, None once nothing is left to do.
    """

    erasure_id: str
    digest: str
    erased_at: int
    person: str | None = None

    @classmethod
    def of(cls, person: str, *, now: float) -> Self:
        """A new one; `now` is Unix seconds."""
        return cls.up_to(person, int(now * 1000))

    @classmethod
    def up_to(cls, person: str, erased_at: int) -> Self:
        """A new one, of another moment than now."""
        return cls(str(uuid.uuid4()), digest_of(person), erased_at, person)

    @property
    def is_finished(self) -> bool:
        return self.person is None

    def finished(self) -> "Erasure":
        """The same without the id."""
        return msgspec.structs.replace(self, person=None)


_decoder = msgspec.json.Decoder(Erasure)


def digest_of(person: str) -> str:
    """The SHA-256 by which an erased person is known; the lake, DuckDB and Postgres make the same (vitrine.lake)."""
    return hashlib.sha256(f"user:{person}".encode()).hexdigest()


class ErasurePublisher(AcknowledgedProducer):
    """Puts erasures into their topic; the promise is that of AcknowledgedProducer."""

    def publish(self, erasures: Iterable[Erasure]) -> None:
        """Returns when the broker has acknowledged all.

        A later record of the same erasure takes the place of the earlier one. Raises StreamUnavailableError,
        StreamRefusedError.
        """
        topic = self._settings.erasures_topic
        self.send(
            [
                Record(topic, each.erasure_id.encode(), msgspec.json.encode(each), partition=_PARTITION)
                for each in erasures
            ]
        )


class ErasureLog:
    """Who was erased, as the topic says: read whole at first, then followed. For one thread.

    About 250 bytes of memory for each person who was ever erased.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._topic = settings.erasures_topic
        # The offset to go on with.
        self._next: int | None = None
        self._client = self._connected()
        self._new: list[Erasure] = []
        self._until: dict[bytes, int] = {}
        self._newest = -1
        self._erasures: dict[str, Erasure] = {}

    @property
    def erasures(self) -> list[Erasure]:
        """All that were read, each once, in the order of their moments."""
        return sorted(self._erasures.values(), key=lambda each: (each.erased_at, each.erasure_id))

    def follow(self) -> list[Erasure]:
        """Reads up to what the topic holds now; returns what is new, in its order.

        Raises ErasuresUnavailableError. What was read before that is known, and the next call returns it.
        """
        try:
            first, end = self._ends()
            if self._next is None or self._next > end:
                # One that ends before what was read is another topic, such as a restored one. Who is known stays known.
                self._client.assign([self._place(first)])
                self._next = first
            self._read_to(end)
        except KafkaException as error:
            raise ErasuresUnavailableError(f"Kafka, topic {self._topic}: {error.args[0].str()}") from error
        new, self._new = self._new, []
        return new

    def covers(self, person: str, *milliseconds: int) -> bool:
        """Whether what somebody did was erased: done not after their erasure.

        Of several times (the event's own, its record's), in Unix milliseconds, the earliest counts: a shopper's clock
        may be fast.
        """
        moment = min(milliseconds)
        # Most events are newer than any erasure: these cost a comparison.
        if moment > self._newest:
            return False
        until = self._until.get(bytes.fromhex(digest_of(person)))
        return until is not None and moment <= until

    def close(self) -> None:
        self._client.close()

    def _connected(self) -> Consumer:
        """A client that goes on where the log is."""
        client = Consumer(
            client_configuration(self._settings)
            | {
                "group.id": f"{self._topic}-own-offsets",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 100,
            }
        )
        if self._next is not None:
            client.assign([self._place(self._next)])
        return client

    def _ends(self) -> tuple[int, int]:
        try:
            return first_and_end(self._client, self._place(0), timeout=ANSWER_SECONDS)
        except KafkaException as error:
            # What the client heard of the topic while the broker began may be that there is none. By itself it asks
            # again after five minutes, and was seen to believe it for longer, whatever it is asked: another does not.
            if error.args[0].code() in _UNKNOWN:
                self._client.close()
                self._client = self._connected()
            raise

    def _place(self, offset: int) -> TopicPartition:
        return TopicPartition(self._topic, _PARTITION, offset)

    def _read_to(self, end: int) -> None:
        heard_at = time.monotonic()
        while self._next is not None and self._next < end:
            messages = self._client.consume(_MESSAGES_AT_ONCE, timeout=_POLL_SECONDS)
            if messages:
                heard_at = time.monotonic()
            elif time.monotonic() > heard_at + SILENT_SECONDS:
                raise ErasuresUnavailableError(f"Kafka: nothing came from {self._topic} for {SILENT_SECONDS:.0f} s")
            for message in messages:
                self._note(message)

    def _note(self, message: Message) -> None:
        offset, error = message.offset() or 0, message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                # The offsets before the end may hold no message.
                self._next = max(self._next or 0, offset)
            elif error.fatal() or not error.retriable():
                raise KafkaException(error)
            return
        self._next = offset + 1
        if (erasure := _read(message)) is None:
            return
        self._erasures[erasure.erasure_id] = erasure
        digest = bytes.fromhex(erasure.digest)
        self._until[digest] = max(erasure.erased_at, self._until.get(digest, -1))
        self._newest = max(self._newest, erasure.erased_at)
        self._new.append(erasure)


def read_erasures(settings: KafkaSettings) -> ErasureLog:
    """The log as it is now; for who asks once. The caller closes it. Raises ErasuresUnavailableError."""
    log = ErasureLog(settings)
    try:
        log.follow()
    except BaseException:
        log.close()
        raise
    return log


def _read(message: Message) -> Erasure | None:
    """None, and a line in the log, for what is no erasure."""
    try:
        erasure = _decoder.decode(message.value() or b"")
        bytes.fromhex(erasure.digest)
    except (ValueError, RecursionError) as error:
        logger.warning("offset %s of the erasures is none, it is passed over: %s", message.offset(), error)
        return None
    return erasure
