"""A forest read from LightGBM's text scores as LightGBM does."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.vitrine.learning.small_model import by_time, learn, random_sessions
from vitrine.errors import ModelFileError
from vitrine.learning import LARGE, SMALL, Categories, Generation, Model, read_forest
from vitrine.learning.scoring import score_forest
from vitrine.recommending.fitting import load_lightgbm

lightgbm = load_lightgbm()


def booster(columns: tuple[str, ...], rows: NDArray[np.float32], categorical: list[int] | None = None) -> Any:  # noqa: ANN401 - a booster
    """Fitted to rank rows in groups of 20 by something that is not a straight line."""
    wanted = (np.sin(rows[:, 0] * 3) + rows[:, 2] > 1).astype(int)
    data = lightgbm.Dataset(rows, wanted, group=[20] * (len(rows) // 20), feature_name=list(columns))
    data.set_categorical_feature(categorical or "auto")
    options = {"objective": "lambdarank", "num_leaves": 31, "min_data_in_leaf": 5, "verbose": -1}
    return lightgbm.train(options, data, 30)


def random_rows(columns: int) -> NDArray[np.float32]:
    """With numbers that stand for unknown, and many that are equal."""
    chance = np.random.default_rng(1)
    rows = chance.normal(0, 1, (2000, columns)).astype(np.float32)
    rows[chance.random(rows.shape) < 0.2] = -1
    return np.round(rows, 1)


@pytest.mark.parametrize("columns", [SMALL, LARGE, ("two", "score", "links")])
def test_it_scores_as_lightgbm_does(columns: tuple[str, ...]) -> None:
    rows = random_rows(len(columns))
    fitted = booster(columns, rows)
    features = np.zeros((len(rows), len(LARGE)), np.float32)
    for column, name in enumerate(columns):
        features[:, LARGE.index(name)] = rows[:, column]
    scores = np.zeros(len(rows), np.float32)
    score_forest(read_forest(fitted.model_to_string()), features, scores)
    expected = fitted.predict(rows)
    assert np.ptp(expected) > 1
    assert scores == pytest.approx(expected, abs=1e-4)


def test_a_forest_orders_the_candidates(model: Model) -> None:
    learn(model, by_time(random_sessions(1, users=80)))
    generation = Generation(model.path)
    category = np.arange(generation.size.products, dtype=np.int32) % 5
    categories = Categories(category, category // 2)
    fitted = booster(LARGE, random_rows(len(LARGE)))
    products, features = generation.features(["p1", "p2"], categories=categories)
    scores = fitted.predict(features)
    found = generation.rank(["p1", "p2"], scorer=read_forest(fitted.model_to_string()), categories=categories)
    expected = dict(zip(products, scores, strict=True))
    assert {each.product: each.score for each in found} == pytest.approx(expected, abs=1e-4)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_what_is_told_of_categories(model: Model) -> None:
    learn(model, by_time(random_sessions(1, users=80)))
    generation = Generation(model.path)
    category = np.full(generation.size.products, -1, np.int32)
    parent = category.copy()
    for product, (own, above) in {"p1": (1, 0), "p2": (2, 0), "p3": (1, 0), "p4": (2, 0), "p5": (3, 1)}.items():
        number = generation.numbers_of([product])[0]
        category[number], parent[number] = own, above
    products, features = generation.features(["p1", "p2"], categories=Categories(category, parent))
    columns = [LARGE.index(name) for name in ("same_category", "same_parent", "category_share")]
    told = {product: tuple(row[columns]) for product, row in zip(products, features, strict=True)}
    assert told["p3"] == (1, 1, 0.5)
    assert told["p4"] == (0, 1, 0.5)
    assert told["p5"] == (0, 0, 0)
    assert told["p0"] == (-1, -1, -1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "feature_names"),
        ("not a forest", "feature_names"),
        ("feature_names=unheard_of\n\nTree=0\nleaf_value=0\n", "tuple"),
        ("feature_names=score\n\nend of trees\n", "no tree"),
        ("feature_names=score\n\nTree=0\nleaf_value=1 2\ndecision_type=1\n", "not by number"),
        ("feature_names=score\n\nTree=0\nleaf_value=a\n", "could not convert"),
    ],
)
def test_what_is_no_forest_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        read_forest(text)


def test_a_forest_that_was_cut_short_is_refused() -> None:
    text = booster(SMALL, random_rows(len(SMALL))).model_to_string()
    with pytest.raises(ModelFileError, match="not a forest"):
        read_forest(text[: text.index("leaf_value") + 3])


def test_a_split_by_category_is_refused() -> None:
    rows = np.abs(np.round(random_rows(3) * 3))
    text = booster(("two", "score", "links"), rows, [0]).model_to_string()
    with pytest.raises(ModelFileError, match="not by number"):
        read_forest(text)
