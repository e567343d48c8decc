"""What orders the candidates: six weights that hold from the first view on, or a shop's own forest."""

from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.learning.compiled import entry
from vitrine.learning.features import LARGE

_SCORE_REL, _TWO_REL = LARGE.index("score_rel"), LARGE.index("two_rel")
_TWO_NEWEST_REL, _POPULARITY = LARGE.index("two_newest_rel"), LARGE.index("popularity")
_CLICKS_SINCE = LARGE.index("clicks_since")


class Linear(NamedTuple):
    """Weights of a candidate's features; they were fitted on real views and are as good for other shops."""

    log_score: float = 0.147
    score: float = 1.253
    log_two: float = 0.470
    log_two_newest: float = 0.338
    popularity: float = -0.399
    clicks_since: float = -0.163


LINEAR = Linear()


class Forest(NamedTuple):
    """Trees of a LightGBM model (vitrine.learning.forest), one node after another.

    A node's left child is `child`, its right child the one after that; a leaf is its own child, and no feature is
    above its threshold.
    """

    roots: NDArray[np.int32]
    depths: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    child: NDArray[np.int32]
    value: NDArray[np.float32]


@entry
def score_linear(weights: Linear, features: NDArray[np.float32], scores: NDArray[np.float32]) -> None:
    """Scores as many rows as there are scores."""
    for row in range(len(scores)):
        of = features[row]
        scores[row] = (
            weights.log_score * log(of[_SCORE_REL] + 0.01)
            + weights.score * of[_SCORE_REL]
            + weights.log_two * log(of[_TWO_REL] + 0.01)
            + weights.log_two_newest * log(of[_TWO_NEWEST_REL] + 0.01)
            + weights.popularity * of[_POPULARITY]
            + weights.clicks_since * of[_CLICKS_SINCE]
        )


@entry
def score_forest(forest: Forest, features: NDArray[np.float32], scores: NDArray[np.float32]) -> None:
    """Scores as many rows as there are scores: tree by tree, all rows a level further at a time, without branches."""
    at = np.empty(len(scores), np.int32)
    scores[:] = 0
    for tree in range(len(forest.roots)):
        at[:] = forest.roots[tree]
        for _ in range(forest.depths[tree]):
            for row in range(len(scores)):
                node = at[row]
                is_right = features[row, forest.feature[node]] > forest.threshold[node]
                at[row] = forest.child[node] + np.int32(is_right)
        for row in range(len(scores)):
            scores[row] += forest.value[at[row]]
