"""The products that the shop sells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

NO_CATEGORY = -1

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - rows hold UTC without saying so


class Product(NamedTuple):
    """A product; `created_at` is in UTC. One of which nothing is known but its id can be had."""

    productid: str
    category: str | None = None
    created_at: datetime | None = None
    price: Decimal | None = None
    in_stock: bool | None = None


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All products, the last created first, then by id. The arrays are in this order."""

    newest: Sequence[str] = ()
    categories: Mapping[str, str | None] = field(default_factory=dict)
    # NaN where there is none.
    prices: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    in_stock: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    @classmethod
    def of(cls, products: Iterable[Product]) -> Self:
        """One that has no moment of creation is older than all others."""
        by_id = sorted(products, key=attrgetter("productid"))
        ages = np.array([_age(product.created_at) for product in by_id], np.float64)
        ordered = [by_id[place] for place in np.argsort(ages, kind="stable")]
        prices = [np.nan if product.price is None else float(product.price) for product in ordered]
        return cls(
            [product.productid for product in ordered],
            {product.productid: product.category for product in ordered},
            np.array(prices, np.float64),
            np.array([product.in_stock is not False for product in ordered], np.bool_),
        )

    def prepare(self) -> None:
        """Makes what is looked up in, so that no request waits for it."""
        _ = self.places, self.category_of

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each product."""
        return {product: place for place, product in enumerate(self.newest)}

    @cached_property
    def category_numbers(self) -> Mapping[str, int]:
        """A number for each category."""
        known = dict.fromkeys(category for category in self.categories.values() if category is not None)
        return {category: number for number, category in enumerate(known)}

    @cached_property
    def category_of(self) -> NDArray[np.int32]:
        """The number of each product's category, NO_CATEGORY where it has none."""
        numbers = self.category_numbers
        categories = (self.categories[product] for product in self.newest)
        of_each = [NO_CATEGORY if category is None else numbers[category] for category in categories]
        return np.array(of_each, np.int32)


def _age(created_at: datetime | None) -> float:
    return np.inf if created_at is None else (_EPOCH - created_at).total_seconds()
