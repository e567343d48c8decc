"""Fills the shop's database with a made-up shop, or from given files."""

import argparse
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import BufferedReader
from itertools import islice
from typing import BinaryIO, Never, TypeVar

from tqdm import tqdm

from test_data_generator.daily_activity import milliseconds
from test_data_generator.given_orders import NumberedOrder, Spread, given_orders, product_categories
from test_data_generator.orders import Months, Order, made_up_orders
from test_data_generator.shop import given_catalogue, make_shop
from test_data_generator.shop_load import ORDERS_PER_COPY, LoadError, ShopLoad, ShopNotEmptyError, shop_load
from vitrine.errors import VitrineError
from vitrine.event_files import Fault, open_input, texts
from vitrine.logs import configure_logging, say
from vitrine.settings import ShopDatabaseSettings, load

SOME_REFUSED = 2
_say = partial(say, "test_data_generator")

Item = TypeVar("Item")


def fill_shop(options: argparse.Namespace, now: datetime) -> int:
    """Loads what the options of `shop` say; the exit status. A failure is one sentence on standard error."""
    try:
        configure_logging()
        return _fill_with_given(options, now) if options.order_events else _fill_with_made_up(options)
    except ShopNotEmptyError as error:
        if options.if_empty:
            _say(f"{error}: nothing is loaded")
            return 0
        _say(f"error: {error}; --reset replaces them", level=logging.ERROR)
    except VitrineError as error:
        _say(f"error: {error}", level=logging.ERROR)
    return 1


def _fill_with_made_up(options: argparse.Namespace) -> int:
    with shop_load(load(ShopDatabaseSettings), reset=options.reset, say=_say) as loading:
        shop = make_shop(users=options.users, products=options.products, seed=options.seed)
        months = Months(until=options.until, whole=options.months)
        orders = made_up_orders(shop, orders=options.orders, months=months, seed=options.seed)
        with tqdm(total=options.orders, unit=" orders", disable=None) as progress:
            for group in _groups(orders):
                loading.add_orders(group)
                progress.update(len(group))
        loading.add_products(shop.products, before=months.start, seed=options.seed)
    _say(f"loaded {_counts(loading)}")
    return 0


def _fill_with_given(options: argparse.Namespace, now: datetime) -> int:
    categories_name, events_name = options.product_categories, options.order_events
    refusals = _Refusals()
    with _opened(categories_name) as (_, file):
        categories = dict(refusals.without(product_categories(texts(file)), categories_name))
    if not categories:
        raise LoadError(f"{categories_name} holds no product that can be read")
    spread = _spread(options)
    earliest = spread.start
    with (
        _opened(events_name) as (raw, file),
        shop_load(load(ShopDatabaseSettings), reset=options.reset, say=_say) as loading,
        _progress_of(raw) as progress,
    ):
        found = given_orders(texts(file), products=categories, spread=spread, seed=options.seed, now=now.timestamp())
        for group in _groups(refusals.without(found, events_name)):
            orders = list(refusals.without(_new(group, loading), events_name))
            loading.add_orders(orders)
            earliest = min([earliest, *(order.time for order in orders)])
            if not progress.disable:
                progress.update(raw.tell() - progress.n)
        loading.add_products(given_catalogue(categories, seed=options.seed), before=earliest, seed=options.seed)
    _say(f"loaded {_counts(loading)}; refused {refusals.count:,}")
    return SOME_REFUSED if refusals.count else 0


def _spread(options: argparse.Namespace) -> Spread:
    if options.ordered_from:
        return Spread(milliseconds(options.ordered_from), milliseconds(options.until))
    return Spread(Months(until=options.until, whole=options.months).start, milliseconds(options.until))


def _new(orders: list[NumberedOrder], loading: ShopLoad) -> Iterator[Order | Fault]:
    """The orders whose ids have not come before."""
    taken = loading.present(order.orderid for _, order in orders)
    for line, order in orders:
        if order.orderid in taken:
            yield Fault(line, f"order {order.orderid} came before")
        else:
            taken.add(order.orderid)
            yield order


class _Refusals:
    """Says what is refused of given files, and counts it."""

    def __init__(self) -> None:
        self.count = 0

    def without(self, found: Iterable[Item | Fault], name: str) -> Iterator[Item]:
        """What is not refused."""
        for each in found:
            if isinstance(each, Fault):
                self.count += 1
                sentence = f"{name}:{each.line}: {each.reason}"
                _say(sentence, level=logging.WARNING, file_name=name, line=each.line)
            else:
                yield each


@contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, BufferedReader]]:
    try:
        with open_input(name) as opened:
            yield opened
    except OSError as error:
        raise LoadError(f"cannot read {name}: {error.strerror or error}") from error


def _groups(items: Iterator[Item]) -> Iterator[list[Item]]:
    while group := list(islice(items, ORDERS_PER_COPY)):
        yield group


def _progress_of(raw: BinaryIO) -> "tqdm[Never]":
    """Counts the bytes of the file, because the number of its orders is not known. A pipe has no size."""
    if not raw.seekable():
        return tqdm(disable=True)
    return tqdm(total=os.fstat(raw.fileno()).st_size, unit="B", unit_scale=True, disable=None)


def _counts(loading: ShopLoad) -> str:
    return f"{loading.products:,} products, {loading.orders:,} orders, {loading.lines:,} order lines"
