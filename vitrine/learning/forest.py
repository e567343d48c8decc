"""A forest out of the text that LightGBM writes (`Booster.save_model`), without LightGBM."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ModelFileError
from vitrine.learning.features import LARGE
from vitrine.learning.scoring import Forest

# What LightGBM writes of a split by a number, where none is missing: go left where x <= threshold. Bit 1 says where
# missing numbers go, of which there are none.
_BY_NUMBER = {"0", "2"}


def read_forest(text: str) -> Forest:
    """The trees of a model whose features are among LARGE, by name. Raises ModelFileError for anything else."""
    try:
        head, *trees = text.partition("\nend of trees")[0].split("\nTree=")
        names = _fields(head)["feature_names"].split()
        columns = [LARGE.index(name) for name in names]
        return _joined([_Tree(_fields(tree), columns) for tree in trees])
    except (KeyError, IndexError, ValueError) as error:
        raise ModelFileError(f"not a forest that can be used: {error}") from None


def _fields(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


class _Tree:
    """Nodes in breadth-first order, so that both children of a node stand side by side."""

    def __init__(self, fields: dict[str, str], columns: Sequence[int]) -> None:
        self._fields = fields
        self.depth = 0
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.child: list[int] = []
        self.value: list[float] = []
        leaves = [float(value) for value in fields["leaf_value"].split()]
        if len(leaves) == 1:
            self._add_leaf(leaves[0])
            return
        if not set(fields["decision_type"].split()) <= _BY_NUMBER:
            raise ValueError("a split that is not by number")
        features = [columns[int(column)] for column in fields["split_feature"].split()]
        thresholds = [float(value) for value in fields["threshold"].split()]
        children = list(zip(self._numbers("left_child"), self._numbers("right_child"), strict=True))
        self._add_nodes(features, thresholds, children, leaves)

    def _numbers(self, name: str) -> list[int]:
        return [int(number) for number in self._fields[name].split()]

    def _add_leaf(self, value: float) -> None:
        self.feature.append(0)
        self.threshold.append(np.inf)
        self.child.append(len(self.child))
        self.value.append(value)

    def _add_nodes(
        self,
        features: Sequence[int],
        thresholds: Sequence[float],
        children: Sequence[tuple[int, int]],
        leaves: Sequence[float],
    ) -> None:
        """A child below 0 is leaf -child - 1."""
        waiting, known = deque([(0, 0)]), 1
        while waiting:
            node, depth = waiting.popleft()
            self.depth = max(self.depth, depth)
            if node < 0:
                self._add_leaf(leaves[-node - 1])
                continue
            if known > 2 * len(features):
                raise ValueError("a tree that runs in a circle")
            self.feature.append(features[node])
            self.threshold.append(thresholds[node])
            self.child.append(known)
            self.value.append(0.0)
            known += 2
            waiting.extend((child, depth + 1) for child in children[node])


def _joined(trees: Sequence[_Tree]) -> Forest:
    if not trees:
        raise ValueError("no tree")
    starts = np.cumsum([0, *(len(tree.child) for tree in trees)])[:-1]
    return Forest(
        roots=starts.astype(np.int32),
        depths=np.array([tree.depth for tree in trees], np.int32),
        feature=np.array([feature for tree in trees for feature in tree.feature], np.int32),
        threshold=_rounded_down(np.array([value for tree in trees for value in tree.threshold])),
        child=np.array(
            [start + child for start, tree in zip(starts, trees, strict=True) for child in tree.child], np.int32
        ),
        value=np.array([value for tree in trees for value in tree.value], np.float32),
    )


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """x <= threshold has to say the same of every float32 as before."""
    rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded.astype(np.float64) > thresholds, below, rounded)
