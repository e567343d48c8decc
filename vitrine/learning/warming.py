"""Compiling, before anybody waits for it: half a minute, once for each version and kind of processor; from its cache
it takes a second."""

import tempfile
from pathlib import Path

from vitrine.learning.forest import read_forest
from vitrine.learning.layout import Size, create
from vitrine.learning.model import Events, Model
from vitrine.learning.reader import Generation
from vitrine.learning.trends import Period

_TINY = Size(products=16, neighbours=2, users=8, events=8)
_FOREST = "feature_names=score\n\nTree=0\nnum_leaves=1\nleaf_value=0\n"


def warm_up_learning() -> None:
    """Compiles, or loads, what a learner calls."""
    with tempfile.TemporaryDirectory() as folder:
        model = Model.open(Path(folder), _TINY)
        model.learn(Events(["u", "u"], ["a", "b"], ["1", "2"], [0.0, 1.0]))
        model.forget("u", [("a", "1", 0.0)])
        model.close()


def warm_up_reading() -> None:
    """Compiles, or loads, what an answer calls."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        create(path, _TINY, seed=0)
        generation = Generation(path)
        generation.rank([])
        generation.rank([], scorer=read_forest(_FOREST))
        generation.because([], [""])
        generation.features([])
        generation.rising(Period.DAY)
        generation.popular()


def warm_up() -> None:
    """All of it, for an installation."""
    warm_up_learning()
    warm_up_reading()
