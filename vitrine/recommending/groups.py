"""Products that are spoken of together: some by their ids, and all of some categories."""

from dataclasses import dataclass, field
from functools import lru_cache
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from vitrine.recommending.catalogue import Catalogue, Listing

# So many, each with the mask that it made last: more than a shop has placements and pages with rules of their own.
_KEPT = 64


@dataclass(frozen=True)
class Group:
    """What is of a category, the catalogue says: of none is a product that it does not hold."""

    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    # A listing that is replaced is not kept for it.
    _made: tuple[ref[Listing], NDArray[np.bool_]] | None = field(default=None, init=False, compare=False, repr=False)

    def mask(self, catalogue: Catalogue) -> NDArray[np.bool_]:
        """Whether each product of the catalogue, in its order, belongs to it. Made once for each listing."""
        made, listing = self._made, catalogue.listing
        if made is None or made[0]() is not listing:
            made = ref(listing), self._mask(listing)
            object.__setattr__(self, "_made", made)
        return made[1]

    def _mask(self, listing: Listing) -> NDArray[np.bool_]:
        mask = listing.of_categories(self.categories)
        mask[[listing.places[product] for product in self.products if product in listing.places]] = True
        return mask


@lru_cache(_KEPT)
def union(groups: tuple[Group, ...]) -> Group:
    """All of them, the same object as long as they are asked for now and then."""
    return Group(
        frozenset().union(*(each.products for each in groups)), frozenset().union(*(each.categories for each in groups))
    )
