"""What a household buys next: the sources of the code that serves, and one of its own, blended over purchases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from vitrine.recommending import SOURCES, Assortment, Candidate, History, recommend
from vitrine.recommending.filters import Selection
from vitrine.recommending.sources import BestSellersOverall, Source, ViewedTogether, Wanted

# So many of each source are looked at: of more the model would have to give reasons, which takes longest. A place in a
# list counts as one over this and the place, so that the best is not worth much more than the next. Weights and times
# were chosen on the fortnight before the one that is measured (completejourney).
_LOOKED_AT = 20
_FLATTEN = 10
_HALF_LIFE_SECONDS = 180 * 24 * 3600
_OFTEN = 2


class BoughtOften:
    """What an owner has bought at least twice, each purchase counting half as much after half a year."""

    name = "bought-often"

    def candidates(self, history: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        times: dict[str, list[float]] = {}
        for product, time in history.views:
            times.setdefault(product, []).append(time)
        scores = {
            product: sum(0.5 ** ((history.now - time) / _HALF_LIFE_SECONDS) for time in bought)
            for product, bought in times.items()
            if len(bought) >= _OFTEN
        }
        for product in sorted(scores, key=lambda each: (-scores[each], each)):
            if product in assortment.catalogue.categories and wanted(product):
                reason = f"you buy this often: {len(times[product])} times so far"
                yield Candidate(product, self.name, scores[product], reason, is_personal=True)


@dataclass(frozen=True)
class Blend:
    """Several sources in one order: a product has the sum of weight / (10 + place) over the lists it is in.

    It is shown under the source that gives it most.
    """

    weights: Mapping[Source, float]
    name: str = "blend"

    def candidates(self, history: History, assortment: Assortment, wanted: Wanted) -> Iterator[Candidate]:
        scores: dict[str, float] = {}
        best: dict[str, tuple[float, Candidate]] = {}
        for source, weight in self.weights.items():
            for place, candidate in enumerate(islice(source.candidates(history, assortment, wanted), _LOOKED_AT), 1):
                score = weight / (_FLATTEN + place)
                scores[candidate.product] = scores.get(candidate.product, 0.0) + score
                if candidate.product not in best or best[candidate.product][0] < score:
                    best[candidate.product] = (score, candidate)
        for product in sorted(scores, key=lambda each: (-scores[each], each)):
            yield best[product][1]._replace(score=scores[product])


_NEW = Blend({BestSellersOverall(): 1.0, ViewedTogether(): 0.25})
_ANY = Blend({BoughtOften(): 1.0, **_NEW.weights})


def buys_next(history: History, assortment: Assortment, *, limit: int, reasons: bool = True) -> list[Candidate]:
    """`limit` products, those bought before among them; `history` is of purchases. Fewer only in a tiny shop."""
    wanted = Wanted(Selection(assortment.catalogue), lambda _: True, reasons)
    found = {each.product: each for each in islice(_ANY.candidates(history, assortment, wanted), limit)}
    if len(found) < limit:
        for each in recommend(history, assortment, limit=limit, reasons=reasons):
            found.setdefault(each.product, each)
    return list(found.values())[:limit]


def buys_first(history: History, assortment: Assortment, *, limit: int, reasons: bool = True) -> list[Candidate]:
    """The same without what was bought before, which comes last where there is nothing else."""
    return recommend(history, assortment, limit=limit, sources=(_NEW, *SOURCES), reasons=reasons)
