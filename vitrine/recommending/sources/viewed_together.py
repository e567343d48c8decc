"""What others viewed together with what a shopper viewed."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from math import exp

from vitrine.learning import Ranked
from vitrine.learning import Wanted as Asked
from vitrine.recommending.assortment import Assortment
from vitrine.recommending.learned import Learned
from vitrine.recommending.sources.source import Candidate, History, Wanted

# As a rule enough; to name all of them takes as long as to rank them.
_FEW = 20
_ALL = Asked().limit


class ViewedTogether:
    """What the model expects next after the shopper's views. The score is the model's, in terms of the best one's."""

    name = "viewed-together"

    def candidates(self, history: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        if assortment.learned is None or not history.views:
            return
        best: float | None = None
        for each, because in _ranked(assortment.learned, history, wanted):
            best = each.score if best is None else best
            if wanted(each.product):
                # The second question may find a model that has learned more since.
                score = exp(min(0.0, each.score - best))
                yield Candidate(each.product, self.name, score, _reason(because), is_personal=True)


def _ranked(learned: Learned, history: History, wanted: Wanted) -> Iterator[tuple[Ranked, Sequence[str]]]:
    """Each product once, a few at first, with the viewed products that it is there for where reasons are wanted."""
    clicks, allowed = [product for product, _ in history.views], learned.allowed(wanted.selection)
    seen: set[str] = set()
    for limit in (_FEW, _ALL):
        asked = Asked(limit=limit, allowed=allowed)
        ranked = learned.generation.rank(clicks, asked, scorer=learned.scorer, categories=learned.categories)
        new = [each for each in ranked if each.product not in seen]
        because = learned.generation.because(clicks, [each.product for each in new]) if wanted.reasons else repeat([])
        yield from zip(new, because, strict=False)
        if len(ranked) < limit:
            return
        seen.update(each.product for each in ranked)


def _reason(because: Sequence[str]) -> str:
    return f"viewed together with {' and '.join(because)}" if because else "viewed together with what you viewed"
