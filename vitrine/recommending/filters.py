"""What a request leaves out, and the products that are left."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vitrine.recommending.catalogue import Catalogue
from vitrine.recommending.groups import Group


@dataclass(frozen=True)
class Filters:
    """Which products a list may show. Prices are inclusive; a category holds what is part of it."""

    category: str | None = None
    exclude: frozenset[str] = frozenset()
    # Without it, what is sold out may be shown too.
    in_stock: bool = True
    price_from: float | None = None
    price_to: float | None = None
    # Products without a category are not counted.
    max_per_category: int | None = None
    # Of rules: nothing of the one is shown, and what is shown is of each of the others.
    hidden: Group | None = None
    required: tuple[Group, ...] = ()

    @property
    def ask_for_price(self) -> bool:
        return self.price_from is not None or self.price_to is not None

    @property
    def ask_the_catalogue(self) -> bool:
        """Whether they ask for what only a catalogue knows."""
        return self.category is not None or self.ask_for_price


NO_FILTERS = Filters()


@dataclass(frozen=True)
class Selection:
    """The products of a catalogue that are left by filters. `product in selection` is quick.

    Without a catalogue nothing is known of a product: every one is left, or none where filters ask for what is not
    known.
    """

    catalogue: Catalogue
    filters: Filters = NO_FILTERS
    # Whether each product of the catalogue, in its order, is left.
    mask: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        mask = _mask(self.catalogue, self.filters)
        if self.filters.hidden is not None:
            mask = mask & ~self.filters.hidden.mask(self.catalogue)
        for group in self.filters.required:
            mask = mask & group.mask(self.catalogue)
        object.__setattr__(self, "mask", mask)

    @property
    def is_plain(self) -> bool:
        """Whether it is all that is in stock."""
        return self.mask is self.catalogue.in_stock

    def __contains__(self, product: str) -> bool:
        if not len(self.mask):
            return not self.filters.ask_the_catalogue and self._is_left_without_a_catalogue(product)
        place = self.catalogue.places.get(product)
        return place is not None and bool(self.mask[place])

    def _is_left_without_a_catalogue(self, product: str) -> bool:
        filters = self.filters
        if product in filters.exclude or (filters.hidden is not None and product in filters.hidden.products):
            return False
        return all(product in group.products for group in filters.required)

    def newest(self, category: str | None = None) -> Iterator[str]:
        """Its products, or those of a category, the newest first."""
        mask = self.mask if category is None else self.mask & self.catalogue.of_category(category)
        return (self.catalogue.newest[place] for place in map(int, np.flatnonzero(mask)))


def _mask(catalogue: Catalogue, filters: Filters) -> NDArray[np.bool_]:
    mask = catalogue.in_stock if filters.in_stock else catalogue.offered
    if filters.category is not None:
        mask = mask & catalogue.of_category(filters.category)
    if filters.price_from is not None:
        mask = mask & (catalogue.prices >= filters.price_from)
    if filters.price_to is not None:
        mask = mask & (catalogue.prices <= filters.price_to)
    return _without(mask, [catalogue.places[product] for product in filters.exclude if product in catalogue.places])


def _without(mask: NDArray[np.bool_], places: list[int]) -> NDArray[np.bool_]:
    if not places:
        return mask
    changed = mask.copy()
    changed[places] = False
    return changed
