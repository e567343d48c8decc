"""How good lists are: hit rate, mean reciprocal rank, NDCG, coverage, with standard errors by session."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

# Question -> the rank of what came next, counted from 1; 0 where it is not in the list.
Ranks = Mapping[str, int]


class Estimate(NamedTuple):
    """A mean and its standard error."""

    mean: float
    error: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} ± {self.error:.4f}"


def hit(rank: int) -> float:
    """Whether it is among the first ten."""
    return float(0 < rank <= 10)


def hit_20(rank: int) -> float:
    """Whether it is among the first twenty."""
    return float(0 < rank <= 20)


def reciprocal(rank: int) -> float:
    """One over the rank among the first twenty."""
    return 1 / rank if 0 < rank <= 20 else 0.0


def gain(rank: int) -> float:
    """NDCG@10, where one product is right."""
    return 1 / math.log2(rank + 1) if 0 < rank <= 10 else 0.0


MEASURES: Mapping[str, Callable[[int], float]] = {
    "HR@10": hit,
    "HR@20": hit_20,
    "MRR@20": reciprocal,
    "NDCG@10": gain,
}


def estimate(values: Mapping[str, float]) -> Estimate:
    """Questions of one session (what stands before the colon) depend on each other; sessions do not."""
    groups: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for question, value in values.items():
        group = groups[question.partition(":")[0]]
        group[0] += value
        group[1] += 1
    if len(groups) < 2:
        return Estimate(sum(values.values()) / max(1, len(values)), math.nan)
    mean = sum(values.values()) / len(values)
    variance = sum((total - mean * count) ** 2 for total, count in groups.values()) * len(groups) / (len(groups) - 1)
    return Estimate(mean, math.sqrt(variance) / len(values))


def score(ranks: Ranks, measure: Callable[[int], float]) -> Estimate:
    """A measure over all questions."""
    return estimate({question: measure(rank) for question, rank in ranks.items()})


def difference(ranks: Ranks, others: Ranks, measure: Callable[[int], float]) -> Estimate:
    """By how much the first is better, question by question."""
    return estimate({question: measure(rank) - measure(others[question]) for question, rank in ranks.items()})


def rank_in(items: Sequence[str], product: str) -> int:
    """Counted from 1; 0 where it is not among them."""
    return items.index(product) + 1 if product in items else 0
