"""What rises now."""

from collections.abc import Iterator

from vitrine.learning import Period
from vitrine.learning import Wanted as Asked
from vitrine.recommending.assortment import LIMIT_MAXIMUM, Assortment
from vitrine.recommending.sources.source import Candidate, History, Wanted

# More than is shown, for what is left out because of its category.
_HELD = 4 * LIMIT_MAXIMUM


class Trending:
    """What is viewed more than its own past lets expect. The score is by how many standard deviations."""

    name = "trending"

    def __init__(self, period: Period) -> None:
        self._period = period
        self._reason = f"viewed this {period.name.lower()} more than usual"

    def candidates(self, _: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        learned = assortment.learned
        if learned is None:
            return
        limit = _HELD + len(wanted.selection.filters.exclude)
        asked = Asked(limit=limit, allowed=learned.allowed(wanted.selection))
        for each in learned.generation.rising(self._period, asked):
            if wanted(each.product):
                yield Candidate(each.product, self.name, each.rise, self._reason, is_personal=False)
