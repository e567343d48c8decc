"""Dead letters that wait for somebody, and what becomes of them: replayed to where they came from, or dropped.

A letter stays in its topic. A mark settles it: a message of the same topic that names its partition and offset. A
replay sends the message and the mark in one transaction, and who begins to settle shuts out whoever began before. So
a letter is replayed once, however often and by however many that is asked for, also when one of them is killed.
"""

import base64
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Literal

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from vitrine.errors import StreamRefusedError, StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming.connection import BrokerErrors
from vitrine.streaming.dead_letters import (
    KEY_CUT_FROM,
    ORIGIN_OFFSET,
    ORIGIN_PARTITION,
    ORIGIN_TIMESTAMP,
    ORIGIN_TOPIC,
    REASON,
    VALUE_CUT_FROM,
)
from vitrine.streaming.messages import REQUEST_ID, UNCOUNTED, headers_of
from vitrine.streaming.producing import producer_configuration
from vitrine.streaming.spans import Span, new_spans, read_spans

logger = logging.getLogger(__name__)

# Headers of a mark.
SETTLED = "dead-letter-settled"
SETTLED_PARTITION = "dead-letter-partition"
SETTLED_OFFSET = "dead-letter-offset"
LETTERS_A_TRANSACTION = 100
# Two of these have time within Kafka's own limit of a transaction, one minute.
TRANSACTION_SECONDS = 25.0
_NO_LIMIT = 2**62
# What Kafka takes as a topic's name, and as a time: -1 is none, the last is in the year 9999.
_is_topic = re.compile(r"[A-Za-z0-9._-]{1,249}").fullmatch
_TIMES = range(-1, 253_402_300_800_000)
# What a client says that was shut out; the last, where it heard of it before the call.
_SHUT_OUT = {
    KafkaError._FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
    KafkaError._FATAL,
}

Fate = Literal["replayed", "dropped"]


@dataclass(frozen=True)
class OpenLetter:
    """A dead letter that nobody has settled. `time` is that of the original record, in Unix milliseconds."""

    partition: int
    offset: int
    reason: str
    topic: str
    origin_partition: int
    origin_offset: int
    time: int
    key: bytes | None
    value: bytes | None
    # Only the first bytes of its value or key were kept.
    is_cut: bool
    # Of the request that posted it; empty where none did.
    request_id: str = ""
    # The cap that it was over when it was posted; empty where it was over none.
    uncounted: str = ""

    def as_json(self) -> dict[str, Any]:
        """What `show` prints; bytes that are not UTF-8 are in `value_base64` and `key_base64`."""
        return {
            "partition": self.partition,
            "offset": self.offset,
            "reason": self.reason,
            "origin": {"topic": self.topic, "partition": self.origin_partition, "offset": self.origin_offset},
            "time": self.time,
            "is_cut": self.is_cut,
            **({"request_id": self.request_id} if self.request_id else {}),
            **({"uncounted": self.uncounted} if self.uncounted else {}),
            **_text("key", self.key),
            **_text("value", self.value),
        }


@dataclass(frozen=True)
class Selection:
    """Which letters: all conditions that are given hold. Times are Unix seconds, of the original record."""

    # A part of it, in any case.
    reason: str = ""
    topic: str = ""
    partition: int | None = None
    since: float | None = None
    until: float | None = None
    # Those of the letters themselves.
    offsets: frozenset[int] = frozenset()
    # Who stands in them: as their key, or anywhere in their value.
    person: str = ""

    def takes(self, letter: OpenLetter) -> bool:
        return (
            self.reason.casefold() in letter.reason.casefold()
            and self.topic in ("", letter.topic)
            and self.partition in (None, letter.origin_partition)
            and (self.since is None or letter.time >= self.since * 1000)
            and (self.until is None or letter.time < self.until * 1000)
            and (not self.offsets or letter.offset in self.offsets)
            and (not self.person or self._names(letter))
        )

    def _names(self, letter: OpenLetter) -> bool:
        """Rather one too many than one too few: of a value that cannot be read nobody knows where the id would be."""
        person = re.escape(self.person.encode())
        named = rb"(?<![\w.~:@+-])" + person + rb"(?![\w.~:@+-])"
        return letter.key == self.person.encode() or re.search(named, letter.value or b"") is not None


@dataclass
class Settled:
    """How many letters were settled (or would be), and how many cannot be replayed as they were cut."""

    settled: int = 0
    cut: int = 0


def open_letters(settings: KafkaSettings, selection: Selection) -> Iterator[OpenLetter]:
    """In the order of the topic. It is read twice: first the marks, then the letters. Raises StreamUnavailableError."""
    topic = settings.dead_letter_topic
    spans = new_spans(settings, topic=topic, offsets={})
    settled = {place for message in _read(settings, spans) if (place := _place_in(message)) is not None}
    for message in _read(settings, spans):
        if (letter := _letter_in(message)) is None or (letter.partition, letter.offset) in settled:
            continue
        if selection.takes(letter):
            yield letter


def settle(settings: KafkaSettings, selection: Selection, fate: Fate, *, dry_run: bool = False) -> Settled:
    """Replays or drops letters; with `dry_run` it counts them only.

    A replayed message has the key, the value, the time, the request id and the cap of the original record. Raises
    StreamUnavailableError, and StreamRefusedError where somebody else has begun to settle letters meanwhile, or Kafka
    does not take a message; what was settled before stays settled.
    """
    producer = None if dry_run else _transactions(settings)
    found = Settled()
    letters = (letter for letter in open_letters(settings, selection) if _counted(letter, fate, found))
    while batch := list(islice(letters, LETTERS_A_TRANSACTION)):
        if producer is not None:
            _settle(producer, settings.dead_letter_topic, batch, fate)
        found.settled += len(batch)
    return found


def _counted(letter: OpenLetter, fate: Fate, found: Settled) -> bool:
    """Whether it can be settled; one that cannot is counted."""
    if fate == "dropped" or not letter.is_cut:
        return True
    found.cut += 1
    return False


def _transactions(settings: KafkaSettings) -> Producer:
    """Ends what another one had begun, and shuts it out. What is read afterwards is the whole truth."""
    name = f"{settings.dead_letter_topic}-settling"
    errors = BrokerErrors(settings)
    producer = Producer(producer_configuration(settings, **{"transactional.id": name, "error_cb": errors.note}))
    _do(lambda: producer.init_transactions(TRANSACTION_SECONDS), errors.explain)
    return producer


def _settle(producer: Producer, topic: str, letters: list[OpenLetter], fate: Fate) -> None:
    _do(producer.begin_transaction)
    for letter in letters:
        if fate == "replayed":
            _do(partial(_send_again, producer, letter))
        place = {SETTLED: fate, SETTLED_PARTITION: letter.partition, SETTLED_OFFSET: letter.offset}
        _do(partial(producer.produce, topic, headers=[(name, str(value).encode()) for name, value in place.items()]))
        producer.poll(0)
    _do(lambda: producer.commit_transaction(TRANSACTION_SECONDS))


def _send_again(producer: Producer, letter: OpenLetter) -> None:
    own = {REQUEST_ID: letter.request_id, UNCOUNTED: letter.uncounted}
    headers: list[tuple[str, str | bytes | None]] = [(name, value) for name, value in own.items() if value]
    producer.produce(letter.topic, letter.value, letter.key, timestamp=letter.time, headers=headers)


def _do(step: Callable[[], object], explain: Callable[[KafkaError], str] = lambda error: error.str()) -> None:
    """A call of the client; its errors as ours. A transaction that is left open is undone by the next one's start."""
    try:
        step()
    except BufferError as error:
        raise StreamUnavailableError(f"Kafka does not take a message: {error}") from error
    except KafkaException as error:
        problem = error.args[0]
        if problem.code() in _SHUT_OUT:
            raise StreamRefusedError("somebody else settles dead letters: try again when it is done") from None
        raised = StreamRefusedError if problem.txn_requires_abort() else StreamUnavailableError
        raise raised(f"Kafka: {explain(problem)}") from error


def _read(settings: KafkaSettings, spans: list[Span]) -> Iterator[Message]:
    for messages in read_spans(settings, topic=settings.dead_letter_topic, spans=spans, most=_NO_LIMIT):
        yield from messages


def _place_in(message: Message) -> tuple[int, int] | None:
    """The letter that a mark settles; None where the message is no mark."""
    headers = headers_of(message)
    if SETTLED not in headers:
        return None
    with suppress(KeyError, ValueError):
        return int(headers[SETTLED_PARTITION]), int(headers[SETTLED_OFFSET])
    logger.warning("offset %s of the dead letters is a mark that names no letter", message.offset())
    return None


def _letter_in(message: Message) -> OpenLetter | None:
    """None where the message is no letter: a mark, or what somebody else has put there."""
    headers = headers_of(message)
    if REASON not in headers:
        return None
    with suppress(KeyError, ValueError):
        letter = OpenLetter(
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            reason=headers[REASON],
            topic=headers[ORIGIN_TOPIC],
            origin_partition=int(headers[ORIGIN_PARTITION]),
            origin_offset=int(headers[ORIGIN_OFFSET]),
            time=int(headers[ORIGIN_TIMESTAMP]),
            key=message.key(),
            value=message.value(),
            is_cut=VALUE_CUT_FROM in headers or KEY_CUT_FROM in headers,
            request_id=headers.get(REQUEST_ID, ""),
            uncounted=headers.get(UNCOUNTED, ""),
        )
        # One that Kafka would refuse would keep all behind it from being replayed.
        if _is_topic(letter.topic) and letter.time in _TIMES:
            return letter
    logger.warning("offset %s of the dead letters does not say where it came from: it is passed over", message.offset())
    return None


def _text(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}
