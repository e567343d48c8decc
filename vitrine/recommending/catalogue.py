"""The products that the shop sells."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import compress
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vitrine.products import and_above

NO_CATEGORY = -1

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - rows hold UTC without saying so


class Product(NamedTuple):
    """A product; its moments are in UTC. One of which nothing is known but its id can be had.

    It is offered from `available_from` on, and not from `available_to` on.
    """

    productid: str
    category: str | None = None
    created_at: datetime | None = None
    price: Decimal | None = None
    in_stock: bool | None = None
    available_from: datetime | None = None
    available_to: datetime | None = None


@dataclass(frozen=True, eq=False)
class Listing:
    """Which products there are, the last created first, then by id, and the category of each."""

    newest: Sequence[str] = ()
    categories: Mapping[str, str | None] = field(default_factory=dict)
    # Seconds before 1970, so that the newest is the least; infinite where there is no moment of creation.
    ages: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    # A number for each category, also for one that has no products any more.
    category_numbers: Mapping[str, int] = field(default_factory=dict)
    # NO_CATEGORY where there is none.
    category_of: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    @classmethod
    def of(cls, ordered: Sequence[Product]) -> Self:
        ages = np.array([_age(product.created_at) for product in ordered], np.float64)
        categories = {product.productid: product.category for product in ordered}
        numbers = _numbers({}, ordered)
        return cls(list(categories), categories, ages, numbers, _category_of(numbers, ordered))

    @cached_property
    def places(self) -> Mapping[str, int]:
        return {product: place for place, product in enumerate(self.newest)}

    @cached_property
    def numbers_under(self) -> Mapping[str, list[int]]:
        """The numbers of each category and of what is part of it; also of those that have parts only."""
        under: dict[str, list[int]] = {}
        for category, number in self.category_numbers.items():
            for name in and_above(category):
                under.setdefault(name, []).append(number)
        return under

    def of_categories(self, categories: Iterable[str]) -> NDArray[np.bool_]:
        """Whether each product is of one of the categories, or of one that is part of it."""
        # One more than there are categories: NO_CATEGORY is -1, the last.
        is_meant = np.zeros(len(self.category_numbers) + 1, np.bool_)
        for category in categories:
            is_meant[self.numbers_under.get(category, [])] = True
        mask: NDArray[np.bool_] = is_meant[self.category_of]
        return mask

    def holds(self, product: Product) -> bool:
        """Whether it is there, in this category and as old as this."""
        place = self.places.get(product.productid)
        return (
            place is not None
            and self.categories[product.productid] == product.category
            and self.ages[place] == _age(product.created_at)
        )

    def without(self, productids: Iterable[str]) -> tuple["Listing", NDArray[np.bool_]]:
        """It without some of its products, and whether each of its products is left."""
        kept = np.ones(len(self.newest), np.bool_)
        categories = dict(self.categories)
        for product in productids:
            kept[self.places[product]] = False
            del categories[product]
        newest = list(compress(self.newest, kept.tolist()))
        return replace(
            self, newest=newest, categories=categories, ages=self.ages[kept], category_of=self.category_of[kept]
        ), kept

    def joined_by(self, products: Sequence[Product]) -> tuple["Listing", list[int]]:
        """It with products that it does not hold, in their order; before which place each of them comes."""
        places = range(len(self.newest))
        before = [
            bisect_left(places, _key(product), key=lambda place: (float(self.ages[place]), self.newest[place]))
            for product in products
        ]
        newest: list[str] = []
        start = 0
        for product, place in zip(products, before, strict=True):
            newest += [*self.newest[start:place], product.productid]
            start = place
        newest += self.newest[start:]
        categories = {**self.categories, **{product.productid: product.category for product in products}}
        ages = np.insert(self.ages, before, [_age(product.created_at) for product in products])
        numbers = _numbers(self.category_numbers, products)
        category_of = np.insert(self.category_of, before, _category_of(numbers, products))
        return Listing(newest, categories, ages, numbers, category_of), before


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All products, and what changes of them from minute to minute. The arrays are in the order of the listing."""

    listing: Listing = field(default_factory=Listing)
    # NaN where there is none.
    prices: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    stocked: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    # From when on and until when each is offered, in two rows; Unix seconds.
    spans: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 0)))
    # The moment that `offered` is of; Unix seconds.
    now: float = 0.0

    @classmethod
    def of(cls, products: Iterable[Product]) -> Self:
        """One that has no moment of creation is older than all others."""
        ordered = sorted(products, key=_key)
        return cls(Listing.of(ordered), *_arrays(ordered))

    @property
    def newest(self) -> Sequence[str]:
        """All products, the last created first, then by id."""
        return self.listing.newest

    @property
    def categories(self) -> Mapping[str, str | None]:
        return self.listing.categories

    @property
    def places(self) -> Mapping[str, int]:
        """The place of each product."""
        return self.listing.places

    @property
    def category_numbers(self) -> Mapping[str, int]:
        """A number for each category."""
        return self.listing.category_numbers

    @property
    def category_of(self) -> NDArray[np.int32]:
        """The number of each product's category, NO_CATEGORY where it has none."""
        return self.listing.category_of

    @cached_property
    def offered(self) -> NDArray[np.bool_]:
        """Whether each product is offered now, in stock or not."""
        starts, ends = self.spans
        mask: NDArray[np.bool_] = (starts <= self.now) & (self.now < ends)
        return mask

    @cached_property
    def in_stock(self) -> NDArray[np.bool_]:
        """Whether each product can be had now."""
        return self.stocked & self.offered

    @cached_property
    def _changes_at(self) -> float:
        """When the next product comes or goes by its time."""
        return float(np.min(self.spans, initial=np.inf, where=self.spans > self.now))

    def of_category(self, category: str) -> NDArray[np.bool_]:
        """Whether each product is of a category or of one that is part of it."""
        return self.listing.of_categories((category,))

    def prepare(self) -> None:
        """Makes what is looked up in, so that no request waits for it."""
        _ = self.places, self.listing.numbers_under, self.in_stock

    def at(self, now: float) -> "Catalogue":
        """The same at another moment (Unix seconds); itself where that makes no difference."""
        return self if self.now <= now < self._changes_at else replace(self, now=now)

    def changed(self, changes: Mapping[str, Product | None]) -> "Catalogue":
        """It with these products as they are now, None for those that are gone.

        A price, a stock or a span costs microseconds; what comes, goes or has another category makes another listing:
        50 ms for 200,000 products.
        """
        moved = {product: to for product, to in changes.items() if not (to and self.listing.holds(to))}
        listing, prices, stocked, spans = self.listing, self.prices, self.stocked, self.spans
        if gone := [product for product in moved if product in listing.places]:
            listing, kept = listing.without(gone)
            prices, stocked, spans = prices[kept], stocked[kept], spans[:, kept]
        if come := sorted(filter(None, moved.values()), key=_key):
            listing, before = listing.joined_by(come)
            new_prices, new_stocked, new_spans = _arrays(come)
            prices, stocked = np.insert(prices, before, new_prices), np.insert(stocked, before, new_stocked)
            spans = np.insert(spans, before, new_spans, axis=1)
        stayed = [to for product, to in changes.items() if to and product not in moved]
        if stayed:
            places = [listing.places[product.productid] for product in stayed]
            prices, stocked, spans = prices.copy(), stocked.copy(), spans.copy()
            prices[places], stocked[places], spans[:, places] = _arrays(stayed)
        return Catalogue(listing, prices, stocked, spans, self.now)


def _arrays(products: Sequence[Product]) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Prices, whether each is in stock, and spans."""
    prices = [np.nan if product.price is None else float(product.price) for product in products]
    starts = [-np.inf if product.available_from is None else _seconds(product.available_from) for product in products]
    ends = [np.inf if product.available_to is None else _seconds(product.available_to) for product in products]
    stocked = np.array([product.in_stock is not False for product in products], np.bool_)
    return np.array(prices, np.float64), stocked, np.array([starts, ends], np.float64)


def _numbers(known: Mapping[str, int], products: Iterable[Product]) -> dict[str, int]:
    """The numbers of categories, with those of products that have others."""
    numbers = dict(known)
    for product in products:
        if product.category is not None:
            numbers.setdefault(product.category, len(numbers))
    return numbers


def _category_of(numbers: Mapping[str, int], products: Iterable[Product]) -> NDArray[np.int32]:
    found = [NO_CATEGORY if product.category is None else numbers[product.category] for product in products]
    return np.array(found, np.int32)


def _key(product: Product) -> tuple[float, str]:
    """What products are ordered by."""
    return _age(product.created_at), product.productid


def _seconds(moment: datetime) -> float:
    return (moment - _EPOCH).total_seconds()


def _age(created_at: datetime | None) -> float:
    return np.inf if created_at is None else -_seconds(created_at)
