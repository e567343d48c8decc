"""Sends the product views of files to Kafka: JSON lines or one JSON array, plain or gzip, `-` for standard input.

Exit status: 0 all valid events acknowledged, and nothing else in the files; 2 the same, but some of the input could
not be read and was reported; 1 the broker did not acknowledge all; 130 interrupted, all that was sent is acknowledged.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import BinaryIO, Never

from tqdm import tqdm

from services.view_producer.sending import ViewSender
from vitrine.errors import StreamUnavailableError, VitrineError
from vitrine.event_files import STANDARD_INPUT, Fault, Text, open_input, report, texts
from vitrine.logs import configure_logging, say
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import ensure_topics

_say = partial(say, "view_producer")
PROGRESS_EVERY_EVENTS = 1000


class _Run:
    """One run of the command: sends its files and counts their faults."""

    def __init__(self, sender: ViewSender, *, rate: float | None) -> None:
        self.faults = 0
        self._sender = sender
        # About once a second where there is a rate.
        self._progress_every = min(PROGRESS_EVERY_EVENTS, max(1, int(rate))) if rate else PROGRESS_EVERY_EVENTS

    def send_file(self, name: str, *, as_new: bool) -> None:
        """Sends the valid views of a file and reports the rest. A later pass does not report them again."""
        try:
            with open_input(name) as (raw, file), _progress(name, raw) as progress:
                source = texts(file) if progress.disable else self._followed(texts(file), raw, progress)
                for fault in self._sender.send(source, as_new=as_new):
                    if not as_new:
                        self._report(name, fault)
        except OSError as error:
            self._report(name, Fault(0, error.strerror or str(error)))

    def _followed(
        self, source: Iterable[Text | Fault], raw: BinaryIO, progress: "tqdm[Never]"
    ) -> Iterator[Text | Fault]:
        """The same texts; moves the progress bar as they are read."""
        for count, text in enumerate(source, 1):
            yield text
            if count % self._progress_every == 0:
                progress.update(raw.tell() - progress.n)
        progress.update(raw.tell() - progress.n)

    def _report(self, name: str, fault: Fault) -> None:
        self.faults += 1
        report("view_producer", name, fault)


def _progress(name: str, raw: BinaryIO) -> "tqdm[Never]":
    """A progress bar, on a terminal only. It counts bytes, because the number of events is not known."""
    # A pipe has neither a size nor a position.
    if not raw.seekable():
        return tqdm(disable=True)
    return tqdm(desc=name, total=os.fstat(raw.fileno()).st_size, unit="B", unit_scale=True, disable=None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sends the files; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.loop and STANDARD_INPUT in options.files:
        _parser().error("--loop sends files again: standard input can be read only once")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        configure_logging()
        settings = load(KafkaSettings)
        _ensure_topics(settings)
    except VitrineError as error:
        _say(f"view_producer: {error}", level=logging.ERROR)
        return 1
    sender = ViewSender(settings, rate=options.rate)
    return _send_all(sender, options)


def _ensure_topics(settings: KafkaSettings) -> None:
    try:
        ensure_topics(settings)
    except StreamUnavailableError as error:
        servers = settings.kafka_bootstrap_servers
        raise StreamUnavailableError(
            f"{error}; is it running at {servers} (VITRINE_KAFKA_BOOTSTRAP_SERVERS)?"
        ) from error


def _send_all(sender: ViewSender, options: argparse.Namespace) -> int:
    run = _Run(sender, rate=options.rate)
    interrupted = False
    failure = ""
    try:
        _passes(run, sender, options.files, loop=options.loop)
        sender.flush()
    except KeyboardInterrupt:
        interrupted = True
        _flush_unless_interrupted_again(sender)
    except StreamUnavailableError as error:
        failure = str(error)
        sender.flush()
    missing = sender.unacknowledged
    _say(
        f"{sender.sent - missing:,} views acknowledged, {missing:,} not, {run.faults:,} not valid",
        acknowledged=sender.sent - missing,
        missing=missing,
        not_valid=run.faults,
    )
    if missing or failure:
        _say(f"view_producer: {failure or sender.last_error}", level=logging.ERROR)
        return 1
    if interrupted:
        return 130
    return 2 if run.faults else 0


def _flush_unless_interrupted_again(sender: ViewSender) -> None:
    with suppress(KeyboardInterrupt):
        if waiting := sender.unacknowledged:
            _say(f"{waiting:,} views wait for Kafka's acknowledgement; Ctrl-C again gives them up", waiting=waiting)
        sender.flush()


def _passes(run: _Run, sender: ViewSender, files: Sequence[str], *, loop: bool) -> None:
    """Sends the files once or, with `loop`, again and again as new views, for as long as they have any."""
    sent = 0
    for name in files:
        run.send_file(name, as_new=False)
    while loop and sender.sent > sent:
        sent = sender.sent
        for name in files:
            run.send_file(name, as_new=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.view_producer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--rate", type=_rate, metavar="N", help="events a second, fractions allowed; default: no limit")
    parser.add_argument(
        "--loop", action="store_true", help="send the files again and again, with new ids and the current time"
    )
    return parser


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of events a second above 0")
    return rate


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
