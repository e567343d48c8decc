"""What is new in the shop."""

from collections.abc import Iterator

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.sources.source import Candidate, History, Wanted


class Newest:
    """The catalogue, whoever asks, the newest first. The score is one over the place in the list."""

    name = "newest"

    def candidates(self, _: History, __: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        for place, product in enumerate(wanted.selection.newest(), start=1):
            if wanted(product):
                yield Candidate(product, self.name, 1 / place, "new in the catalogue", is_personal=False)
