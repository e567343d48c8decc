"""Products that are spoken of together: some by their ids, and all of some categories."""

from dataclasses import dataclass, field
from functools import lru_cache
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from vitrine.recommending.catalogue import Catalogue

# "A > B" is a part of "A".
CATEGORY_SEPARATOR = " > "
# So many, each with the mask that it made last: more than a shop has placements and pages with rules of their own.
_KEPT = 64


@dataclass(frozen=True)
class Group:
    """What is of a category, the catalogue says: of none is a product that it does not hold."""

    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    # A catalogue that is replaced is not kept for it.
    _made: tuple[ref[Catalogue], NDArray[np.bool_]] | None = field(default=None, init=False, compare=False, repr=False)

    def mask(self, catalogue: Catalogue) -> NDArray[np.bool_]:
        """Whether each product of the catalogue, in its order, belongs to it. Made once for each catalogue."""
        made = self._made
        if made is None or made[0]() is not catalogue:
            made = ref(catalogue), self._mask(catalogue)
            object.__setattr__(self, "_made", made)
        return made[1]

    def _mask(self, catalogue: Catalogue) -> NDArray[np.bool_]:
        # One more than there are categories: NO_CATEGORY is -1, the last.
        is_meant = np.zeros(len(catalogue.category_numbers) + 1, np.bool_)
        for category, number in catalogue.category_numbers.items():
            is_meant[number] = not self.categories.isdisjoint(and_above(category))
        mask = is_meant[catalogue.category_of]
        mask[[catalogue.places[product] for product in self.products if product in catalogue.places]] = True
        return mask


@lru_cache(_KEPT)
def union(groups: tuple[Group, ...]) -> Group:
    """All of them, the same object as long as they are asked for now and then."""
    return Group(
        frozenset().union(*(each.products for each in groups)), frozenset().union(*(each.categories for each in groups))
    )


def and_above(category: str | None) -> list[str]:
    """A category and all that it is a part of."""
    names = category.split(CATEGORY_SEPARATOR) if category is not None else []
    return [CATEGORY_SEPARATOR.join(names[:depth]) for depth in range(1, len(names) + 1)]
