"""What our lists are measured against. All learn from training alone: who rebuilds lists at night knows no more."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from vitrine.recommending import Assortment, BestSellerLists, Catalogue, History, recommend
from vitrine.recommending.evaluation.datasets import DataSet
from vitrine.recommending.sources import BestSellersOverall, CategoryBestSellers

# The products that come next after a history, newest first; what is in the history may be among them.
Baseline = Callable[[Sequence[str]], list[str]]

LENGTH = 20
_AGE = 0.7
_HISTORY = 20
# Of VSKNN, as in the published comparison.
_NEIGHBOURS, _SAMPLE = 500, 2500


def baselines(data: DataSet) -> dict[str, Baseline]:
    """Each by its name."""
    sessions: dict[str, list[str]] = defaultdict(list)
    for click in data.training:
        sessions[click.user].append(click.product)
    found: dict[str, Baseline] = {"best sellers": best_sellers(data)}
    if data.categories:
        found["best sellers of three categories"] = category_best_sellers(data)
    matrix = _Matrix(list(sessions.values()))
    found["item cosine"] = matrix.cosine()
    if find_spec("implicit"):
        found["implicit BM25"] = matrix.implicit("BM25Recommender")
    found["VSKNN"] = NearestSessions(list(sessions.values()))
    return found


def best_sellers(data: DataSet) -> Baseline:
    """What was viewed most."""
    ranked = [product for product, _ in Counter(click.product for click in data.training).most_common(10 * LENGTH)]
    return lambda history: _new(ranked, history)


def category_best_sellers(data: DataSet) -> Baseline:
    """The sources that shoppers were served from before there was a model."""
    by_category: dict[str, Counter[str]] = defaultdict(Counter)
    overall = Counter(click.product for click in data.training)
    categories: dict[str, str | None] = {
        product: str(data.categories[product][0]) if product in data.categories else None for product in overall
    }
    for product, count in overall.items():
        if category := categories[product]:
            by_category[category][product] = count
    lists = BestSellerLists(
        "",
        [product for product, _ in overall.most_common(10 * LENGTH)],
        {
            category: [product for product, _ in counts.most_common(10 * LENGTH)]
            for category, counts in by_category.items()
        },
    )
    assortment = Assortment(Catalogue(categories=categories), lists)
    now = datetime.now(UTC).timestamp()

    def ask(history: Sequence[str]) -> list[str]:
        asked = History([(product, now) for product in history], now)
        shown = recommend(asked, assortment, limit=LENGTH, sources=(CategoryBestSellers(), BestSellersOverall()))
        return [candidate.product for candidate in shown]

    return ask


class _Matrix:
    """Sessions by products."""

    def __init__(self, sessions: Sequence[Sequence[str]]) -> None:
        from scipy import sparse

        self._names = list(dict.fromkeys(product for session in sessions for product in session))
        self._numbers = {product: number for number, product in enumerate(self._names)}
        rows = np.repeat(np.arange(len(sessions)), [len(session) for session in sessions])
        columns = np.array([self._numbers[product] for session in sessions for product in session])
        self._views = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)))
        self._views.data[:] = 1

    def cosine(self) -> Baseline:
        """Cosine of who viewed both, summed over the history, older clicks less."""
        together = (self._views.T @ self._views).tocsr()
        together.setdiag(0)
        norm = 1 / np.sqrt(np.asarray(self._views.sum(0)).ravel())
        together = together.multiply(norm[:, None]).multiply(norm[None, :]).tocsr()
        return self._summed(together)

    def implicit(self, name: str) -> Baseline:
        """A nearest-neighbour model of the package implicit, read as the cosine is."""
        model = getattr(import_module("implicit.nearest_neighbours"), name)(K=100)
        model.fit(self._views, show_progress=False)
        return self._summed(model.similarity)

    def _summed(self, similar: Any) -> Baseline:  # noqa: ANN401 - scipy has no types
        starts, columns, weights = similar.indptr, similar.indices, similar.data

        def ask(history: Sequence[str]) -> list[str]:
            scores: dict[int, float] = defaultdict(float)
            for age, product in enumerate(list(dict.fromkeys(history))[:_HISTORY]):
                number = self._numbers.get(product)
                if number is not None:
                    part = slice(starts[number], starts[number + 1])
                    for column, weight in zip(columns[part].tolist(), weights[part].tolist(), strict=True):
                        scores[column] += _AGE**age * weight
            return _new([self._names[number] for number in _best(scores, len(history))], history)

        return ask


class NearestSessions:
    """VSKNN: products of the most similar of the latest sessions that share one (Ludewig and Jannach, 2018)."""

    def __init__(self, sessions: Sequence[Sequence[str]]) -> None:
        self._places: list[dict[str, int]] = []
        self._of: dict[str, list[int]] = defaultdict(list)
        for number, session in enumerate(sessions):
            self._places.append(dict.fromkeys(session, 0))
            for product in self._places[-1]:
                self._of[product].append(number)

    def __call__(self, history: Sequence[str]) -> list[str]:
        latest = list(dict.fromkeys(history))
        weights = {product: 1 - age / len(latest) for age, product in enumerate(latest)}
        sample = {number for product in latest for number in self._of.get(product, [])[-_SAMPLE:]}
        likeness = {
            number: sum(weights.get(product, 0.0) for product in self._places[number])
            for number in sorted(sample)[-_SAMPLE:]
        }
        scores: dict[str, float] = defaultdict(float)
        for number in _best(likeness, _NEIGHBOURS):
            shared = next(age for age, product in enumerate(latest) if product in self._places[number])
            weight = likeness[number] * max(0.0, 1 - 0.1 * shared)
            for product in self._places[number]:
                scores[product] += weight
        return _new(_best(scores, LENGTH + len(latest)), latest)


def _best(scores: Mapping[Any, float], count: int) -> list[Any]:
    return sorted(scores, key=lambda key: -scores[key])[: count + LENGTH]


def _new(ranked: Sequence[str], history: Sequence[str]) -> list[str]:
    seen = set(history)
    return [product for product in ranked if product not in seen][:LENGTH]
