"""`python -m test_data_generator views`: product views of a made-up shop, as JSON lines.
`python -m test_data_generator shop`: its products and orders, or given ones, into the shop's Postgres.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

import msgspec
from tqdm import tqdm

from test_data_generator.options import parse
from test_data_generator.output import STANDARD_OUTPUT, opened_for_writing
from test_data_generator.shop import make_shop
from test_data_generator.views import Period, as_event, product_views

LINES_PER_WRITE = 1000


def main(arguments: Sequence[str], now: datetime) -> None:
    """Runs one command. Leaves with a sentence and status 2 for a bad option, 1 where the command fails."""
    options = parse(arguments, now)
    if options.command == "shop":
        # The driver of Postgres is not needed for views.
        from test_data_generator.shop_command import fill_shop

        if status := fill_shop(options, now):
            sys.exit(status)
        return
    try:
        _write_views(options)
    except OSError as error:
        sys.exit(f"error: cannot write {options.output or 'to standard output'}: {error.strerror}")


def _write_views(options: argparse.Namespace) -> None:
    shop = make_shop(users=options.users, products=options.products, seed=options.seed)
    period = Period(until=options.until, weeks=options.weeks)
    events = map(as_event, product_views(shop, views=options.views, period=period, seed=options.seed))
    encoder = msgspec.json.Encoder()
    # None: a progress bar on a terminal only. True: no bar, since the lines themselves go to the terminal.
    hidden = True if options.output is None and os.isatty(STANDARD_OUTPUT) else None
    with (
        opened_for_writing(options.output) as output,
        tqdm(total=options.views, unit=" views", disable=hidden) as progress,
    ):
        while lines := list(islice(events, LINES_PER_WRITE)):
            output.write(encoder.encode_lines(lines))
            progress.update(len(lines))


if __name__ == "__main__":
    # SIGPIPE as programs like `head` expect it; SIGTERM so that a stopped run removes its unfinished file.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(sys.argv[1:], datetime.now(UTC))
    except KeyboardInterrupt:
        sys.exit(130)
