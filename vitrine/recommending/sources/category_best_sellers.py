"""What sells best in the categories that a shopper is interested in."""

from collections.abc import Iterator, Mapping

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.interest import Interest, interests
from vitrine.recommending.sources.source import Candidate, History, Wanted


class CategoryBestSellers:
    """The best sellers of at most three categories, shared between these by interest."""

    name = "category-best-sellers"

    def candidates(self, history: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        categories, lists = assortment.catalogue.categories, assortment.best_sellers.of_categories

        def best_sellers_of(category: str) -> Iterator[str]:
            return (
                product
                for product in lists.get(category, ())
                if categories.get(product) == category and wanted(product)
            )

        interested_in = interests(history.views, categories, now=history.now)
        by_interest = {interest: best_sellers_of(interest.category) for interest in interested_in}
        for product, interest, score in _shared(by_interest):
            reason = f"best seller in {interest.category}, which you viewed {_times(interest.views)}"
            yield Candidate(product, self.name, score, reason, is_personal=True)


def _shared(products: Mapping[Interest, Iterator[str]]) -> Iterator[tuple[str, Interest, float]]:
    """The products of all categories, each category as often and as early as its weight asks for.

    Highest averages with the divisors of Webster and Sainte-Laguë (1, 3, 5, …): the next place goes to the category
    with the greatest weight / (2 x places taken + 1), in a tie to the one that comes first. A category that has run
    out leaves its places to the others. That quotient is the score.
    """
    taken = dict.fromkeys(products, 0)
    while taken:
        interest = max(taken, key=lambda each: each.weight / (2 * taken[each] + 1))
        product = next(products[interest], None)
        if product is None:
            del taken[interest]
        else:
            yield product, interest, interest.weight / (2 * taken[interest] + 1)
            taken[interest] += 1


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
