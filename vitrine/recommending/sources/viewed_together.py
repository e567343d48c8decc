"""What others viewed together with what a shopper viewed."""

from collections.abc import Iterator, Sequence

from vitrine.learning import Wanted as Asked
from vitrine.recommending.assortment import Assortment
from vitrine.recommending.sources.source import Candidate, History, Wanted


class ViewedTogether:
    """What the model expects next after the shopper's views. The score is its own, counted from the least likely on."""

    name = "viewed-together"

    def candidates(self, history: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        learned = assortment.learned
        if learned is None or not history.views:
            return
        ranked = learned.generation.rank(
            [product for product, _ in history.views],
            Asked(allowed=learned.allowed(wanted.selection), reasons=wanted.reasons),
            scorer=learned.scorer,
            categories=learned.categories,
        )
        for each in ranked:
            if wanted(each.product):
                score = 1 + each.score - ranked[-1].score
                yield Candidate(each.product, self.name, score, _reason(each.because), is_personal=True)


def _reason(because: Sequence[str]) -> str:
    return f"viewed together with {' and '.join(because)}" if because else "viewed together with what you viewed"
