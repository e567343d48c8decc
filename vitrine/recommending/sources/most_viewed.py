"""What is viewed most."""

from collections.abc import Iterator

from vitrine.learning import Wanted as Asked
from vitrine.recommending.assortment import LIMIT_MAXIMUM, Assortment
from vitrine.recommending.interest import VIEWS_THAT_COUNT
from vitrine.recommending.sources.source import Candidate, History, Wanted


class MostViewed:
    """What is viewed most lately, whoever asks, also without a catalogue. The score is a share of all views."""

    name = "most-viewed"

    def candidates(self, _: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        learned = assortment.learned
        if learned is None:
            return
        # However many of them were viewed lately or are shown already, there are enough left to fill an answer.
        limit = LIMIT_MAXIMUM + VIEWS_THAT_COUNT + len(wanted.selection.filters.exclude)
        for each in learned.generation.popular(Asked(limit=limit, allowed=learned.allowed(wanted.selection))):
            if wanted(each.product):
                yield Candidate(each.product, self.name, each.score, "much viewed lately", is_personal=False)
