"""Products that are spoken of together: some by their ids, and all of some categories."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrine.recommending.catalogue import Catalogue

# "A > B" is a part of "A".
CATEGORY_SEPARATOR = " > "


def is_within(category: str | None, wanted: str) -> bool:
    """Whether a category is the wanted one, or a part of it."""
    return category is not None and (category == wanted or category.startswith(f"{wanted}{CATEGORY_SEPARATOR}"))


@dataclass(frozen=True)
class Group:
    """What is of a category, the catalogue says: of none is a product that it does not hold."""

    products: frozenset[str] = frozenset()
    categories: Collection[str] = ()

    def mask(self, catalogue: Catalogue) -> NDArray[np.bool_]:
        """Whether each product of the catalogue, in its order, belongs to it."""
        # One more than there are categories: NO_CATEGORY is -1, the last.
        is_meant = np.zeros(len(catalogue.category_numbers) + 1, np.bool_)
        for category, number in catalogue.category_numbers.items() if self.categories else ():
            is_meant[number] = any(is_within(category, wanted) for wanted in self.categories)
        mask = is_meant[catalogue.category_of]
        mask[[catalogue.places[product] for product in self.products if product in catalogue.places]] = True
        return mask
