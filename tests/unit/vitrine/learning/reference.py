"""The formulas of vitrine.learning in plain Python: dictionaries, no bounds, one line a line of the formula."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

DAY = 86400.0
LONG, RECENT, DAILY, HOURLY = 92.0, 6.55, 0.655, 0.0655


def _sums() -> defaultdict[str, float]:
    return defaultdict(float)


@dataclass
class Reference:
    """Learns clicks of sessions that are given one after another, each in order of time."""

    landmark: float
    forward: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    backward: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    recent: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    pairs_long: defaultdict[str, float] = field(default_factory=_sums)
    pairs_recent: defaultdict[str, float] = field(default_factory=_sums)
    popularity: defaultdict[str, float] = field(default_factory=_sums)
    popularity_recent: defaultdict[str, float] = field(default_factory=_sums)
    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    last_click: dict[str, int] = field(default_factory=dict)
    clicks: int = 0
    newest: float = -math.inf

    def weight(self, time: float, half_life: float) -> float:
        return float(2 ** ((time - self.landmark) / DAY / half_life))

    def learn(self, before: Sequence[str], product: str, time: float) -> None:
        """`before` are all clicks of the session before this one, oldest first."""
        long, recent = self.weight(time, LONG), self.weight(time, RECENT)
        for d in range(1, min(20, len(before)) + 1):
            a, c = before[-d], product
            u = math.exp(-0.5 * (d - 1)) * (len(before) + 1) ** -0.1
            self.forward[a, c] += long * u
            self.backward[c, a] += long * u
            self.recent[a, c] += recent * u
            self.recent[c, a] += 0.6 * recent * u
            self.pairs_long[a] += long * u
            self.pairs_long[c] += 0.6 * long * u
            self.pairs_recent[a] += recent * u
            self.pairs_recent[c] += 0.6 * recent * u
        self.popularity[product] += long
        self.popularity_recent[product] += recent
        self.times[product].append(time)
        self.clicks += 1
        self.last_click[product] = self.clicks
        self.newest = max(self.newest, time)

    def strength(self, i: str, j: str) -> float:
        long, recent = self.weight(self.newest, LONG), self.weight(self.newest, RECENT)
        return (self.forward[i, j] + 0.6 * self.backward[i, j]) / long + self.recent[i, j] / recent

    def total(self, i: str) -> float:
        return self.pairs_long[i] / self.weight(self.newest, LONG) + self.pairs_recent[i] / self.weight(
            self.newest, RECENT
        )

    def clicks_within(self, product: str, half_life: float) -> float:
        """Clicks of a product, each counting 2 ** (-age / half-life)."""
        return sum(2 ** (-(self.newest - time) / DAY / half_life) for time in self.times[product])

    def scores(self, clicks: Sequence[str]) -> dict[str, tuple[float, float, float]]:
        """B, two and two_newest of each product that is not in the history; clicks are newest first."""
        aged: dict[str, int] = {}
        for age, click in enumerate(clicks[:50]):
            if len(aged) < 20:
                aged.setdefault(click, age)
        products = [product for product in self.popularity if product not in aged]
        score = {j: sum(self._share(i, j, age) for i, age in aged.items()) for j in products}
        stones = sorted((j for j in products if score[j] > 0), key=lambda j: -score[j])[:30]
        newest = next(iter(aged))
        neighbours = [j for j in self.popularity if j != newest and self.strength(newest, j) > 0]
        neighbours = sorted(neighbours, key=lambda j: -self.strength(newest, j))[:30]
        of_newest = {j: self.strength(newest, j) / self.total(newest) for j in neighbours}
        return {
            j: (
                score[j],
                sum(score[m] * self.strength(m, j) / self.total(m) for m in stones),
                sum(share * self.strength(m, j) / self.total(m) for m, share in of_newest.items()),
            )
            for j in products
        }

    def ranked(self, clicks: Sequence[str]) -> dict[str, float]:
        """The linear score of each candidate, where there are no more than 70 by B and 100 in all."""
        found = {j: scores for j, scores in self.scores(clicks).items() if scores[0] > 0 or scores[1] > 0}
        largest = [max(1e-9, *(scores[n] for scores in found.values())) for n in range(3)] if found else []
        return {j: self._line(j, [s / m for s, m in zip(scores, largest, strict=True)]) for j, scores in found.items()}

    def rises(self, product: str, short: float, long: float) -> float:
        def of_all(half_life: float) -> float:
            return sum(self.clicks_within(each, half_life) for each in self.times)

        expected = self.clicks_within(product, long) / of_all(long) * of_all(short)
        clicks = self.clicks_within(product, short)
        return (clicks - expected) / math.sqrt(expected + 1) if clicks > max(1.0, expected) else 0.0

    def _share(self, i: str, j: str, age: int) -> float:
        if self.total(i) == 0:
            return 0.0
        by_age = float(0.7**age * (1 + age) ** -0.2)
        return by_age * float(self.strength(i, j) ** 0.75 / self.total(i) ** 0.4)

    def _line(self, j: str, rel: Sequence[float]) -> float:
        share = self.popularity[j] / sum(self.popularity.values())
        return (
            0.147 * math.log(rel[0] + 0.01)
            + 1.253 * rel[0]
            + 0.470 * math.log(rel[1] + 0.01)
            + 0.338 * math.log(rel[2] + 0.01)
            - 0.399 * math.log(0.001 + 4e5 * share)
            - 0.163 * math.log2(1 + self.clicks - self.last_click[j])
        )
