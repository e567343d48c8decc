"""What is asked, and at which place a scorer puts the answer."""

import numpy as np
import pytest

from vitrine.learning import LARGE, LINEAR, Forest, Linear, read_forest
from vitrine.recommending.fitting import Question, rank_of_answer

# The second candidate scores best, the first one is the least popular.
BY_POPULARITY = """feature_names=popularity

Tree=0
num_leaves=2
split_feature=0
threshold=1.5
decision_type=2
left_child=-1
right_child=-2
leaf_value=1 -1
"""


@pytest.fixture
def features() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rows = np.zeros((3, len(LARGE)), np.float32)
    rows[:, LARGE.index("score_rel")] = [0.5, 1.0, 0.1]
    rows[:, LARGE.index("popularity")] = [1.0, 2.0, 3.0]
    return rows


@pytest.mark.parametrize(
    ("scorer", "ranks"), [(LINEAR, {"a": 2, "b": 1, "c": 3}), (read_forest(BY_POPULARITY), {"a": 1, "b": 2, "c": 3})]
)
def test_the_rank_of_what_came_next(
    features: np.ndarray[tuple[int, int], np.dtype[np.float32]], scorer: Linear | Forest, ranks: dict[str, int]
) -> None:
    found = {name: rank_of_answer(Question.of(["a", "b", "c"], features, name), scorer) for name in ranks}
    assert found == ranks


def test_what_is_no_candidate_has_no_rank(features: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    asked = Question.of(["a", "b", "c"], features, "d")
    assert not asked.can_be_learned
    assert rank_of_answer(asked) == 0
