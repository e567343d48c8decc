"""What our lists are measured against. All learn from training alone: who rebuilds lists at night knows no more.

Where products may repeat, those of the history stay in the lists; neighbours of products alone would not put them
there, so each is given `_REMINDER` times the best score, less with its age.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from vitrine.recommending import Assortment, History, recommend
from vitrine.recommending.evaluation.datasets import DataSet
from vitrine.recommending.evaluation.ours import LENGTH
from vitrine.recommending.sources import BestSellersOverall, CategoryBestSellers

# The products that come next after a history, newest first.
Baseline = Callable[[Sequence[str]], list[str]]

_AGE = 0.7
_HISTORY = 20
_REMINDER = 2.0
# Of VSKNN, as in the published comparison.
_NEIGHBOURS, _SAMPLE = 500, 2500
_FACTORS = 64


def baselines(data: DataSet, shop: Assortment, *, may_repeat: bool) -> dict[str, Baseline]:
    """Each by its name. Without the package implicit its models are left out."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for click in data.training:
        grouped[click.user].append(click.product)
    sessions = list(grouped.values())
    matrix = _Matrix(sessions, may_repeat=may_repeat)
    found: dict[str, Baseline] = {"best sellers": best_sellers(data, may_repeat=may_repeat)}
    if data.categories and not may_repeat:
        found["best sellers of three categories"] = category_best_sellers(shop)
    found["item cosine"] = matrix.cosine()
    found["VSKNN"] = NearestSessions(sessions, may_repeat=may_repeat)
    if find_spec("implicit"):
        found["implicit, BM25"] = matrix.implicit_neighbours()
        found["implicit, ALS"] = matrix.implicit_factors()
    return found


def best_sellers(data: DataSet, *, may_repeat: bool = False) -> Baseline:
    """What was viewed most."""
    ranked = [product for product, _ in Counter(click.product for click in data.training).most_common(10 * LENGTH)]
    return lambda history: _listed(ranked, () if may_repeat else history)


def category_best_sellers(shop: Assortment) -> Baseline:
    """The sources that shoppers are served from where there is no model."""

    def ask(history: Sequence[str]) -> list[str]:
        # Just now, so that all views count as in a session.
        asked = History([(product, 0.0) for product in history], 0.0)
        shown = recommend(asked, shop, limit=LENGTH, sources=(CategoryBestSellers(), BestSellersOverall()))
        return [candidate.product for candidate in shown]

    return ask


class _Matrix:
    """Sessions by products."""

    def __init__(self, sessions: Sequence[Sequence[str]], *, may_repeat: bool) -> None:
        from scipy import sparse

        self._may_repeat = may_repeat
        self._names = list(dict.fromkeys(product for session in sessions for product in session))
        self._numbers = {product: number for number, product in enumerate(self._names)}
        rows = np.repeat(np.arange(len(sessions)), [len(session) for session in sessions])
        columns = np.array([self._numbers[product] for session in sessions for product in session])
        self._sparse = sparse
        self._views = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)))
        self._views.data[:] = 1

    def cosine(self) -> Baseline:
        """Cosine of who viewed both, summed over the history, older clicks less."""
        together = (self._views.T @ self._views).tocsr()
        together.setdiag(0)
        norm = 1 / np.sqrt(np.asarray(self._views.sum(0)).ravel())
        together = together.multiply(norm[:, None]).multiply(norm[None, :]).tocsr()
        return self._summed(together)

    def implicit_neighbours(self) -> Baseline:
        """The nearest neighbours of the package implicit by BM25, read as the cosine is."""
        model = import_module("implicit.nearest_neighbours").BM25Recommender(K=100, num_threads=1)
        model.fit(self._views, show_progress=False)
        return self._summed(model.similarity)

    def implicit_factors(self) -> Baseline:
        """Alternating least squares of the package implicit: the session is a user whose factors are found anew."""
        made = import_module("implicit.als").AlternatingLeastSquares
        # More threads of the BLAS library would wait for each other.
        with import_module("threadpoolctl").threadpool_limits(1, "blas"):
            model = made(factors=_FACTORS, num_threads=1, random_state=1)
            model.fit(self._views, show_progress=False)

        def ask(history: Sequence[str]) -> list[str]:
            numbers = [self._numbers[product] for product in dict.fromkeys(history) if product in self._numbers]
            if not numbers:
                return []
            place, values = ([0] * len(numbers), numbers), np.ones(len(numbers), np.float32)
            seen = self._sparse.csr_matrix((values, place), shape=(1, len(self._names)))
            ranked, _ = model.recommend(
                0, seen, N=LENGTH, filter_already_liked_items=not self._may_repeat, recalculate_user=True
            )
            return [self._names[number] for number in ranked.tolist()]

        return ask

    def _summed(self, similar: Any) -> Baseline:  # noqa: ANN401 - scipy has no types
        starts, columns, weights = similar.indptr, similar.indices, similar.data

        def ask(history: Sequence[str]) -> list[str]:
            scores: dict[int, float] = defaultdict(float)
            known = [self._numbers[product] for product in dict.fromkeys(history) if product in self._numbers]
            for age, number in enumerate(known[:_HISTORY]):
                part = slice(starts[number], starts[number + 1])
                for column, weight in zip(columns[part].tolist(), weights[part].tolist(), strict=True):
                    scores[column] += _AGE**age * weight
            if self._may_repeat:
                largest = max(scores.values(), default=1.0)
                for age, number in enumerate(known[:_HISTORY]):
                    scores[number] += _REMINDER * _AGE**age * largest
            ranked = [self._names[number] for number in _best(scores, LENGTH + len(history))]
            return _listed(ranked, () if self._may_repeat else history)

        return ask


class NearestSessions:
    """VSKNN: products of the most similar of the latest sessions that share one (Ludewig and Jannach, 2018)."""

    def __init__(self, sessions: Sequence[Sequence[str]], *, may_repeat: bool = False) -> None:
        self._may_repeat = may_repeat
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
        return _listed(_best(scores, LENGTH + len(latest)), () if self._may_repeat else latest)


def _best(scores: Mapping[Any, float], count: int) -> list[Any]:
    return sorted(scores, key=lambda key: -scores[key])[:count]


def _listed(ranked: Sequence[str], without: Sequence[str]) -> list[str]:
    seen = set(without)
    return [product for product in ranked if product not in seen][:LENGTH]
