"""What the shop has of the same kind."""

from collections.abc import Iterator
from itertools import chain, count

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.sources.source import Candidate, History, Wanted


class SameCategory:
    """Of the category of what was viewed last: its best sellers, then its newest. The score is one over the place."""

    name = "same-category"

    def candidates(self, history: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        catalogue = assortment.catalogue
        category = catalogue.categories.get(history.views[0][0]) if history.views else None
        if category is None:
            return
        best = assortment.best_sellers.of_categories.get(category, ())
        sold = set(best)
        best_here = (product for product in best if catalogue.categories.get(product) == category)
        others = (product for product in wanted.selection.newest(category) if product not in sold)
        reasoned = chain(
            ((product, f"best seller in {category}") for product in best_here),
            ((product, f"new in {category}") for product in others),
        )
        places = count(1)
        for product, reason in reasoned:
            if wanted(product):
                yield Candidate(product, self.name, 1 / next(places), reason, is_personal=False)
