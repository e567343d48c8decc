"""The shop's own forest: fitted with LightGBM on questions that the stream has answered."""

import ctypes
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ModelFileError
from vitrine.learning import LARGE, LINEAR, Forest, Linear
from vitrine.learning.scoring import score_forest, score_linear

# With fewer the linear scorer stays.
MIN_QUESTIONS = 4_000
# Chosen by benchmarks.ranker_search: half as many cost .002 of the hit rate. A question takes 14 KB.
MAX_QUESTIONS = 40_000


class Shape(NamedTuple):
    """How large a forest is, and how it is fitted."""

    trees: int = 120
    leaves: int = 31
    rate: float = 0.1
    min_leaf: int = 100
    l2: float = 5.0
    features: Sequence[str] = LARGE


SHAPE = Shape()


class Question(NamedTuple):
    """The features of the candidates, and which of them came next; -1 where none of them did."""

    features: NDArray[np.float32]
    answer: int

    @classmethod
    def of(cls, candidates: Sequence[str], features: NDArray[np.float32], product: str) -> "Question":
        """With the place of the product that came next; nothing is kept of candidates that it is not among."""
        if product not in candidates:
            return cls(np.zeros((0, len(LARGE)), np.float32), -1)
        return cls(features, candidates.index(product))

    @property
    def can_be_learned(self) -> bool:
        """Whether it says anything about the order of the candidates."""
        return self.answer >= 0


def load_lightgbm() -> ModuleType:
    """LightGBM, with the libgomp that local_stack.openmp put beside it, if it had to. Raises ModelFileError."""
    beside = Path(sys.prefix) / "lib" / "libgomp.so.1"
    if beside.exists():
        ctypes.CDLL(str(beside), ctypes.RTLD_GLOBAL)
    try:
        return import_module("lightgbm")
    except OSError as error:
        raise ModelFileError(f"no forest can be fitted, as LightGBM cannot be loaded: {error}") from None


def fit_forest(questions: Sequence[Question], shape: Shape = SHAPE) -> str:
    """A forest that puts what came next before the other candidates, as `read_forest` reads it."""
    lightgbm = load_lightgbm()
    learned = [question for question in questions if question.can_be_learned]
    columns = [LARGE.index(name) for name in shape.features]
    rows = np.concatenate([question.features[:, columns] for question in learned])
    labels = np.concatenate([np.arange(len(each.features)) == each.answer for each in learned]).astype(np.int8)
    data = lightgbm.Dataset(
        rows,
        labels,
        group=[len(question.features) for question in learned],
        feature_name=list(shape.features),
        params={"max_bin": 127, "verbose": -1},
    )
    parameters = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": 20,
        "learning_rate": shape.rate,
        "num_leaves": shape.leaves,
        "min_data_in_leaf": shape.min_leaf,
        "lambda_l2": shape.l2,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 127,
        "seed": 1,
        # One thread and no choice by measured times: the same questions give the same forest.
        "num_threads": 1,
        "force_col_wise": True,
        "verbose": -1,
    }
    return str(lightgbm.train(parameters, data, shape.trees).model_to_string())


def rank_of_answer(question: Question, scorer: Linear | Forest = LINEAR) -> int:
    """At which place the scorer puts what came next, counted from 1; 0 where it is no candidate."""
    if not question.can_be_learned:
        return 0
    scores = np.zeros(len(question.features), np.float32)
    if isinstance(scorer, Forest):
        score_forest(scorer, question.features, scores)
    else:
        score_linear(scorer, question.features, scores)
    order = np.argsort(-scores, kind="stable")
    return int(np.flatnonzero(order == question.answer)[0]) + 1
