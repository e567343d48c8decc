"""The lists that are the same for everybody."""

from collections.abc import Sequence
from dataclasses import replace

from vitrine.learning import Period
from vitrine.recommending.assortment import Assortment
from vitrine.recommending.blending import recommend
from vitrine.recommending.filters import NO_FILTERS, Filters
from vitrine.recommending.rules import Rule
from vitrine.recommending.sources import SIMILAR, TRENDING, Candidate, History, chosen


def similar(  # noqa: PLR0913 - all but two are keywords
    product: str,
    assortment: Assortment,
    *,
    limit: int,
    filters: Filters = NO_FILTERS,
    reasons: bool = True,
    rules: Sequence[Rule] = (),
    sources: Sequence[str] = (),
) -> list[Candidate] | None:
    """What goes with a product: what is viewed together with it, then what else its category has.

    `sources` names those to draw on, in another order perhaps; none: all.

    None for a product that neither the catalogue nor the model knows.
    """
    learned = assortment.learned
    if product not in assortment.catalogue.categories and not (learned and learned.knows(product)):
        return None
    # It is not shown beside itself, also not to fill up.
    others = replace(filters, exclude=filters.exclude | {product})
    history = History([(product, 0.0)], 0.0)
    drawn = chosen(SIMILAR, sources)
    return recommend(history, assortment, limit=limit, filters=others, sources=drawn, reasons=reasons, rules=rules)


def trending(  # noqa: PLR0913 - all but two are keywords
    period: Period,
    assortment: Assortment,
    *,
    limit: int,
    filters: Filters = NO_FILTERS,
    reasons: bool = True,
    rules: Sequence[Rule] = (),
    sources: Sequence[str] = (),
) -> list[Candidate]:
    """What rises now against its own past; where too little does, or there is no model, filled with best sellers.

    `sources` names those to draw on, in another order perhaps; none: all.
    """
    nobody = History([], 0.0)
    drawn = chosen(TRENDING[period], sources)
    return recommend(nobody, assortment, limit=limit, filters=filters, sources=drawn, reasons=reasons, rules=rules)
