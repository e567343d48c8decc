"""Sends the product views of files to Kafka: JSON lines or one JSON array, plain or gzip, `-` for standard input.

Exit status: 0 all valid events acknowledged, and nothing else in the files; 2 the same, but some of the input could
not be read and was reported; 1 the broker did not acknowledge all; 130 interrupted.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Never

from tqdm import tqdm

from services.view_producer.reading import STANDARD_INPUT, Fault, open_input, texts
from services.view_producer.sending import ViewSender
from vitrine.errors import InvalidEventError, VitrineError
from vitrine.logs import configure_logging
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import ensure_topics

PROGRESS_EVERY_EVENTS = 1000


class _Run:
    """One call of the command: its files, its faults."""

    def __init__(self, sender: ViewSender) -> None:
        self.faults = 0
        self._sender = sender

    def send_file(self, name: str, *, as_new: bool) -> None:
        """Sends what is valid in a file and reports what is not. After the first pass faults are known already."""
        try:
            with open_input(name) as (raw, file), self._progress(name) as progress:
                for count, text in enumerate(texts(file), 1):
                    if fault := self._send(text, as_new):
                        self._report(name, fault, as_new)
                    if count % PROGRESS_EVERY_EVENTS == 0 and not progress.disable:
                        progress.update(raw.tell() - progress.n)
        except OSError as error:
            self._report(name, Fault(0, error.strerror or str(error)), as_new)

    def _send(self, text: tuple[int, bytes] | Fault, as_new: bool) -> Fault | None:
        if isinstance(text, Fault):
            return text
        try:
            self._sender.send(text[1], as_new=as_new)
        except InvalidEventError as error:
            return Fault(text[0], str(error))
        return None

    def _report(self, name: str, fault: Fault, as_new: bool) -> None:
        if not as_new:
            self.faults += 1
            place = f"{name}:{fault.line}" if fault.line else name
            tqdm.write(f"{place}: {fault.reason}", file=sys.stderr)

    def _progress(self, name: str) -> "tqdm[Never]":
        """A bar on a terminal; it counts the bytes of the file, since nobody knows how many events it holds."""
        total = None if name == STANDARD_INPUT else Path(name).stat().st_size
        # Standard input may be a pipe, which has no position.
        disable = True if name == STANDARD_INPUT else None
        return tqdm(desc=name, total=total, unit="B", unit_scale=True, disable=disable)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sends the files; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.loop and STANDARD_INPUT in options.files:
        _parser().error("--loop sends files again: standard input can be read only once")
    configure_logging()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = load(KafkaSettings)
        ensure_topics(settings)
    except VitrineError as error:
        print(f"view_producer: {error}", file=sys.stderr)
        return 1
    sender = ViewSender(settings, rate=options.rate)
    return _send_all(sender, options.files, loop=options.loop)


def _send_all(sender: ViewSender, files: Sequence[str], *, loop: bool) -> int:
    run = _Run(sender)
    interrupted = False
    try:
        _passes(run, sender, files, loop=loop)
    except KeyboardInterrupt:
        interrupted = True
    unacknowledged = sender.flush()
    print(
        f"{sender.sent - unacknowledged:,} views acknowledged, {unacknowledged:,} not, {run.faults:,} not valid",
        file=sys.stderr,
    )
    if unacknowledged:
        print(f"view_producer: Kafka: {sender.last_error}", file=sys.stderr)
        return 1
    if interrupted:
        return 130
    return 2 if run.faults else 0


def _passes(run: _Run, sender: ViewSender, files: Sequence[str], *, loop: bool) -> None:
    """The files once, or again and again as new views, unless they hold none."""
    for name in files:
        run.send_file(name, as_new=False)
    while loop and sender.sent:
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
        "--loop", action="store_true", help="send the files again and again, with new ids and the present as time"
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
    sys.exit(main())
