"""The loop of every consumer: reads a batch from Kafka, hands it to a handler, then marks it as done."""

from collections.abc import Callable, Mapping
from typing import Protocol

from confluent_kafka import Message

from vitrine.errors import UnavailableError
from vitrine.outage import Outage
from vitrine.streaming.reading import TopicReader

IDLE_SECONDS = 0.5
RETRY_SECONDS = 0.5


class Handler(Protocol):
    """What a consumer does with the messages of its topic. Called by one thread."""

    @property
    def waits_for(self) -> Mapping[type[UnavailableError], str]:
        """What `handle` raises while a server is away, with the name of that server for the log."""

    def handle(self, messages: list[Message]) -> None:
        """Processes a batch in order. Once it returns, these messages need not come again.

        It may be called again with the same messages and more: after an error of `waits_for`, and, as Kafka delivers
        at least once, after a crash. Any other error ends the loop, and the batch comes again after a restart.
        """

    def tick(self) -> None:
        """Does what is due from time to time; called after each batch, and twice a second while there is none."""


class ConsumingLoop:
    """Hands what a reader reads to a handler, until `stopping()` is true.

    A batch is done when the handler returns, never before. While a server is away the batch is held and tried again,
    for as long as it takes; the reader stays a member of its group meanwhile.
    """

    def __init__(self, reader: TopicReader, handler: Handler, *, stopping: Callable[[], bool]) -> None:
        self._reader = reader
        self._handler = handler
        self._stopping = stopping
        self._outages = {error: Outage(server) for error, server in handler.waits_for.items()}

    def run(self) -> None:
        """Returns when `stopping()` is true. The batch in hand is finished first, unless a server is away."""
        while not self._stopping():
            messages = self._reader.next_batch(IDLE_SECONDS)
            if messages and not self._is_handled(messages):
                self._hold(messages)
            # What is due may ask a server that is silent: whoever is to stop does not wait for that too.
            if not self._stopping():
                self._handler.tick()

    def _hold(self, messages: list[Message]) -> None:
        """Tries a batch again and again, until it is done, or has moved to other members, or it is time to stop."""
        while not self._stopping():
            messages = self._reader.hold(messages, RETRY_SECONDS)
            if not messages or self._is_handled(messages):
                self._reader.resume()
                return

    def _is_handled(self, messages: list[Message]) -> bool:
        """False if a server is away."""
        try:
            self._handler.handle(messages)
        except tuple(self._outages) as error:
            self._outages[type(error)].begin(error)
            return False
        for outage in self._outages.values():
            outage.end()
        self._reader.done(messages)
        return True
