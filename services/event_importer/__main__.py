"""Sends events to Kafka that another system has kept in files: JSON lines or one JSON array, plain or gzip, `-` for
standard input. Forms: `segment`, messages as the archives of Segment and RudderStack hold them; `shopify`, payloads of
web pixels. What is sent again is the same event.

Exit status: 0 all were sent or are of no use here; 2 the same, but some of the input could not be read and was
reported; 1 the broker did not acknowledge all: send the files again; 130 interrupted.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

from vitrine.doors import segment, shopify
from vitrine.doors.segment import RefusedMessageError
from vitrine.errors import VitrineError
from vitrine.event_files import Fault, Text, open_input, report, texts
from vitrine.events import ProductView
from vitrine.logs import configure_logging, say
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import EventToSend, ViewPublisher, ensure_topics

BATCH = 500
FORMS: Mapping[str, Callable[[bytes], bytes | None]] = {"segment": lambda raw: raw, "shopify": shopify.as_segment}
_say = partial(say, "event_importer")


class Import:
    """One run of the command: sends the events of files and counts what became of each."""

    def __init__(self, publisher: ViewPublisher, form: str) -> None:
        self.sent = self.ignored = self.faults = 0
        self._publisher = publisher
        self._as_segment = FORMS[form]

    def send_file(self, name: str) -> None:
        """Raises StreamUnavailableError, StreamRefusedError."""
        batch: list[EventToSend] = []
        try:
            with open_input(name) as (_, file):
                for event in self._events(name, texts(file)):
                    batch.append(event)
                    if len(batch) == BATCH:
                        self._send(batch)
        except OSError as error:
            self._report(name, Fault(0, error.strerror or str(error)))
        self._send(batch)

    def _events(self, name: str, found: Iterable[Text | Fault]) -> Iterator[EventToSend]:
        for text in found:
            if isinstance(text, Fault):
                self._report(name, text)
                continue
            line, raw = text
            try:
                event = self._event(raw)
            except RefusedMessageError as error:
                self._report(name, Fault(line, str(error)))
                continue
            if event is None:
                self.ignored += 1
            else:
                yield event

    def _event(self, raw: bytes) -> EventToSend | None:
        """None for what nothing is kept of. Raises RefusedMessageError."""
        if (text := self._as_segment(raw)) is None:
            return None
        message = segment.decode(text)
        # By it a sender's wrong clock is put right where a message comes at once; an archive has done it before.
        message.sentAt = None
        call, userid = segment.call_of(message), segment.person_of(message)
        told = segment.event_of(message, call=call, userid=userid, sent_at=None, now=time.time())
        if told is None:
            return None
        event, sent = told
        if event.timestamp is None:
            # Its time would be that of the import.
            raise RefusedMessageError("not an event of the form", "`timestamp` is missing")
        return EventToSend(userid, sent, isinstance(event, ProductView), 0, ())

    def _send(self, batch: list[EventToSend]) -> None:
        self._publisher.publish_events(batch)
        self.sent += len(batch)
        batch.clear()

    def _report(self, name: str, fault: Fault) -> None:
        self.faults += 1
        report("event_importer", name, fault)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sends the files; returns the exit status."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        configure_logging()
        settings = load(KafkaSettings)
        ensure_topics(settings)
        with closing(ViewPublisher(settings)) as publisher:
            return _send_all(Import(publisher, options.form), options.files)
    except VitrineError as error:
        _say(f"event_importer: {error}", level=logging.ERROR)
        return 1


def _send_all(run: Import, files: Sequence[str]) -> int:
    """Raises VitrineError where the broker does not acknowledge."""
    try:
        for name in files:
            run.send_file(name)
    finally:
        _say(
            f"{run.sent:,} events acknowledged, {run.ignored:,} of no use here, {run.faults:,} not valid",
            acknowledged=run.sent,
            ignored=run.ignored,
            not_valid=run.faults,
        )
    return 2 if run.faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.event_importer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--form", required=True, choices=FORMS)
    parser.add_argument("files", nargs="+", metavar="FILE")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
