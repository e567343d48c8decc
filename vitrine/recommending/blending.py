"""What a shopper is shown, in which order, and why."""

from collections.abc import Iterator, Sequence
from itertools import chain

from vitrine.recommending.assortment import Assortment
from vitrine.recommending.sources import SOURCES, Candidate, History, Source, Wanted

# Named as the source of products that come last.
VIEWED_LATELY = "viewed-lately"


def recommend(
    history: History, assortment: Assortment, *, limit: int, sources: Sequence[Source] = SOURCES
) -> list[Candidate]:
    """`limit` different products of the catalogue, best first; fewer only when the sources have fewer.

    `limit` is 1 to LIMIT_MAXIMUM. The sources are used one after the other. Products among the views come last, in the
    same order, to fill the places that are left.
    """
    viewed = {product for product, _ in history.views}

    def candidates(wanted: Wanted) -> Iterator[Candidate]:
        return chain.from_iterable(source.candidates(history, assortment, wanted) for source in sources)

    chosen: dict[str, Candidate] = {}
    unseen = candidates(lambda product: product not in viewed)
    for candidate in chain(unseen, map(_as_viewed, candidates(viewed.__contains__))):
        chosen.setdefault(candidate.product, candidate)
        if len(chosen) == limit:
            break
    return list(chosen.values())


def _as_viewed(candidate: Candidate) -> Candidate:
    reason = f"{candidate.reason}; comes last, as you viewed it lately"
    return candidate._replace(source=VIEWED_LATELY, reason=reason, is_personal=True)
