"""What sells best in the whole shop."""

from collections.abc import Iterator

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.sources.source import Candidate, History, Wanted


class BestSellersOverall:
    """The best sellers of the month, whoever asks; of a category where one is wanted.

    The score is one over the place in the list.
    """

    name = "best-sellers"

    def candidates(self, _: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        lists, categories = assortment.best_sellers, assortment.catalogue.categories
        category = wanted.selection.filters.category
        best = lists.overall if category is None else lists.of_categories.get(category, ())
        reason = f"top seller of {lists.period}" if category is None else f"best seller in {category}"
        for place, product in enumerate(best, start=1):
            if product in categories and wanted(product):
                yield Candidate(product, self.name, 1 / place, reason, is_personal=False)
