"""`python -m test_data_generator views`: product views of a made-up shop, as JSON lines."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec
from tqdm import tqdm

from test_data_generator.output import STANDARD_OUTPUT, opened_for_writing
from test_data_generator.shop import make_shop
from test_data_generator.views import Period, as_event, product_views

LINES_PER_WRITE = 1000


def main(arguments: Sequence[str], now: datetime) -> None:
    """Runs one command. Leaves with status 2 and a sentence for a bad option, 1 where the output fails."""
    options = _parser(now).parse_args(arguments)
    try:
        _write_views(options)
    except OSError as error:
        sys.exit(f"error: cannot write {options.output or 'to standard output'}: {error.strerror}")


def _write_views(options: argparse.Namespace) -> None:
    shop = make_shop(users=options.users, products=options.products, seed=options.seed)
    period = Period(until=options.until, weeks=options.weeks)
    events = map(as_event, product_views(shop, views=options.views, period=period, seed=options.seed))
    encoder = msgspec.json.Encoder()
    # None: shown on a terminal only, and there not among the lines themselves.
    hidden = True if options.output is None and os.isatty(STANDARD_OUTPUT) else None
    with (
        opened_for_writing(options.output) as output,
        tqdm(total=options.views, unit=" views", disable=hidden) as progress,
    ):
        while lines := list(islice(events, LINES_PER_WRITE)):
            output.write(encoder.encode_lines(lines))
            progress.update(len(lines))


def _parser(now: datetime) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m test_data_generator", description="Makes seeded sample data.")
    commands = parser.add_subparsers(required=True, metavar="command")
    views = commands.add_parser(
        "views",
        parents=[_shop_options()],
        help="write product views as JSON lines, in time order",
        description="Writes product views as JSON lines, in time order. user-1 is the most active user and "
        "opens the file. The same options with the same --until give the same bytes.",
    )
    views.add_argument(
        "--views", type=_whole_number(1, 10**9), default=20_000, help="how many views (default: %(default)s)"
    )
    views.add_argument(
        "--weeks",
        type=_whole_number(1, 520),
        default=5,
        help="how many weeks they spread over (default: %(default)s)",
    )
    views.add_argument(
        "--until",
        type=_moment,
        default=now,
        metavar="TIME",
        help="no view is later; ISO 8601, without an offset it is UTC (default: now)",
    )
    views.add_argument(
        "--output",
        type=_file,
        metavar="FILE",
        help="the file to write instead of standard output (-), compressed if its name ends in .gz",
    )
    return parser


def _shop_options() -> argparse.ArgumentParser:
    """What makes the shop; the same for all that is generated from it."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--users", type=_whole_number(1, 10**7), default=200, help="how many users (default: %(default)s)"
    )
    options.add_argument(
        "--products",
        type=_whole_number(1, 10**7),
        default=1000,
        help="how many products (default: %(default)s)",
    )
    options.add_argument(
        "--seed", type=int, default=1, help="the whole number that chance starts from (default: %(default)s)"
    )
    return options


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, not {text!r}")
        return number

    return parse


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment - timedelta(weeks=520)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"must be a time such as 2026-11-02T12:00:00Z, not {text!r}") from None
    return moment


def _file(text: str) -> Path | None:
    if text == "-":
        return None
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"must be a file in a folder that exists, not {text!r}")
    return path


if __name__ == "__main__":
    # As programs like `head` expect, and so that a stopped run takes its unfinished file away.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(sys.argv[1:], datetime.now(UTC))
    except KeyboardInterrupt:
        sys.exit(130)
