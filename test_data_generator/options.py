"""The command line of the generator."""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

# What Postgres keeps as the time of an order.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

SHOP_DESCRIPTION = """\
Loads products and orders into the shop's Postgres (VITRINE_POSTGRES_HOST and so on); makes the tables where they are
missing. All is loaded, in one transaction, or nothing is. With the same --users, --products and --seed these are the
users, products and tastes of `views`; the same options with the same --until load the same rows."""
FILES_DESCRIPTION = """\
Instead of made-up orders: events as JSON lines, and the category of each product. Plain or gzip; - is standard input.
{"event":"OrderEvent","messageid":"m-1","userid":"user-346","lineitems":[{"productid":"product-784","quantity":3}],
"orderid":50000}, with a "timestamp" or without. A product repeated within an order adds up. What cannot be read, breaks
a rule or a key is reported with its line, and the rest is loaded; names and prices are made up by --seed."""
SHOP_EPILOG = """\
exit status: 0 everything is loaded, or --if-empty found something; 2 everything is loaded except what was reported, or
an option is wrong; 1 nothing is loaded or changed, standard error says why; 130, 143 the same, after an interruption
"""


def parse(arguments: Sequence[str], now: datetime) -> argparse.Namespace:
    """The options; `command` is "views" or "shop". Leaves with status 2 and a sentence for a bad one."""
    parser = argparse.ArgumentParser("python -m test_data_generator", description="Makes seeded sample data.")
    commands = parser.add_subparsers(required=True, metavar="command", dest="command")
    views = commands.add_parser(
        "views",
        parents=[_made_up_shop()],
        help="write product views as JSON lines, in time order",
        description="Writes product views as JSON lines, in time order. user-1 is the most active user and "
        "opens the file. The same options with the same --until give the same bytes.",
    )
    _add_views(views, now)
    shop = commands.add_parser(
        "shop",
        parents=[_made_up_shop()],
        help="load products and orders into the shop's Postgres",
        description=SHOP_DESCRIPTION,
        epilog=SHOP_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_shop(shop, now)
    _add_given_files(shop)
    options = parser.parse_args(arguments)
    if options.command == "shop":
        _settle_period(shop, options, now)
    return options


def _made_up_shop() -> argparse.ArgumentParser:
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
    options.add_argument("--seed", type=int, default=1, help="seed of the random numbers (default: %(default)s)")
    return options


def _add_views(views: argparse.ArgumentParser, now: datetime) -> None:
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


def _add_shop(shop: argparse.ArgumentParser, now: datetime) -> None:
    shop.add_argument(
        "--orders", type=_whole_number(1, 10**9), default=5000, help="how many orders (default: %(default)s)"
    )
    shop.add_argument(
        "--months",
        type=_whole_number(1, 1200),
        default=6,
        help="how many whole calendar months (UTC) before the month of the last order (default: %(default)s)",
    )
    shop.add_argument(
        "--until",
        type=_shop_moment,
        default=now,
        metavar="TIME",
        help="no order is later; ISO 8601, without an offset it is UTC (default: now)",
    )
    filled = shop.add_mutually_exclusive_group()
    filled.add_argument("--reset", action="store_true", help="replace what is in the shop, which is an error otherwise")
    filled.add_argument("--if-empty", action="store_true", help="do nothing if there is something in the shop")


def _add_given_files(shop: argparse.ArgumentParser) -> None:
    files = shop.add_argument_group("given files", FILES_DESCRIPTION)
    files.add_argument("--order-events", metavar="FILE", help="JSON lines, or one JSON array")
    files.add_argument("--product-categories", metavar="FILE", help="CSV under the header productid,categoryid")
    files.add_argument(
        "--ordered-from",
        type=_shop_moment,
        metavar="TIME",
        help="events without a time are spread, by --seed, from here (default: as --months says)",
    )
    files.add_argument("--ordered-to", type=_shop_moment, metavar="TIME", help="up to here (default: now)")


def _settle_period(shop: argparse.ArgumentParser, options: argparse.Namespace, now: datetime) -> None:
    """Checks which options go together; sets `until`, and leaves `ordered_from` open if --months decides it."""
    if (options.order_events is None) != (options.product_categories is None):
        shop.error("--order-events and --product-categories go together")
    if options.order_events is None and (options.ordered_from or options.ordered_to):
        shop.error("--ordered-from and --ordered-to go with --order-events")
    if options.order_events is not None:
        for name in ("users", "products", "orders", "until"):
            if getattr(options, name) != shop.get_default(name):
                shop.error(f"--{name} is for orders that are made up: it does not go with --order-events")
        options.until = options.ordered_to or now
    if options.ordered_from and options.ordered_from > options.until:
        shop.error("--ordered-from is later than --ordered-to")
    if (options.until.year - EARLIEST.year) * 12 + options.until.month - 1 < options.months:
        shop.error("--months: the first orders would be from before 1970")


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


def _shop_moment(text: str) -> datetime:
    moment = _moment(text)
    if not EARLIEST <= moment < LATEST:
        raise argparse.ArgumentTypeError(f"must be a time from 1970 to 2199, not {text!r}")
    return moment


def _file(text: str) -> Path | None:
    if text == "-":
        return None
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"must be a file in a folder that exists, not {text!r}")
    return path
