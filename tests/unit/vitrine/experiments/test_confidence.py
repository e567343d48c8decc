"""What is said of arms holds however often somebody looks: shown by simulation of the code that says it."""

from collections.abc import Callable
from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.experiments import Metric, Outcome, Verdict, judge, people_for
from vitrine.experiments.confidence import Sums, interval, skew, standard_errors
from vitrine.experiments.judging import ERROR, POWER, SPLIT_ERROR

TESTS = 1000
LOOKS = 42
# 20 % of people order, and 5 % is looked for.
RATE, LIFT = 0.2, 0.05
Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]


def orders(rate: float) -> Draw:
    return lambda random, people: random.binomial(1, rate, people).astype(np.float64)


def revenue(random: np.random.Generator, people: int) -> NDArray[np.float64]:
    """Most pay nothing, a few a lot."""
    return random.binomial(1, RATE, people) * random.lognormal(3.0, 1.0, people)


def grown(random: np.random.Generator, draw: Draw, people: int) -> list[list[Sums]]:
    """Of each test what is known of an arm day by day, after as many people in all."""
    daily = people // LOOKS
    found = []
    for _ in range(TESTS):
        outcomes = draw(random, daily * LOOKS).reshape(LOOKS, daily)
        totals, squares = np.cumsum(outcomes.sum(1)), np.cumsum((outcomes**2).sum(1))
        found.append([Sums(daily * (day + 1), totals[day], squares[day]) for day in range(LOOKS)])
    return found


def ever(arms: list[list[Sums]], controls: list[list[Sums]], is_found: Callable[[Sums, Sums], bool]) -> float:
    """The share of tests in which it was found at one of the looks."""
    both = zip(arms, controls, strict=True)
    return sum(any(map(is_found, arm, control)) for arm, control in both) / TESTS


def is_better(planned: float) -> Callable[[Sums, Sums], bool]:
    def found(arm: Sums, control: Sums) -> bool:
        said = interval(arm, control, error=ERROR, planned=planned)
        return said is not None and said.low > 0

    return found


def differs(planned: float) -> Callable[[Sums, Sums], bool]:
    def found(arm: Sums, control: Sums) -> bool:
        said = interval(arm, control, error=ERROR, planned=planned)
        return said is not None and not said.low <= 0 <= said.high

    return found


def differs_at_one_look(arm: Sums, control: Sums) -> bool:
    """As if this were the only look."""
    variance = arm.variance / arm.people + control.variance / control.people
    return abs(arm.mean - control.mean) > NormalDist().inv_cdf(1 - ERROR / 2) * sqrt(variance)


@pytest.mark.parametrize("draw", [orders(RATE), orders(0.03), revenue], ids=["orders", "few orders", "revenue"])
def test_of_tests_without_a_difference_that_are_looked_at_daily_few_find_one(draw: Draw) -> None:
    random = np.random.default_rng(7)
    people = 2100
    controls, arms = grown(random, draw, people), grown(random, draw, people)
    # Planned for as many, for fewer, for more: the promise holds for all.
    for planned in (2 * people, people / 2, 20 * people):
        assert ever(arms, controls, differs(planned)) <= ERROR
    # The simulation can tell: who looks as if each look were the only one finds plenty.
    assert ever(arms, controls, differs_at_one_look) > 3 * ERROR


def test_a_true_lift_is_found_with_the_power_that_the_page_states() -> None:
    control = Sums(10_000, 10_000 * RATE, 10_000 * RATE)
    planned = people_for(LIFT, control, weights=[1, 1])
    outcomes = [Outcome(name, 1, 10_000, dict.fromkeys(Metric, control)) for name in ("usual", "other")]
    said = judge(outcomes, primary=Metric.CONVERSION, planned=planned).power
    assert said == (
        f"{planned:,} people find a true change of conversion by {LIFT:.1%} or more with a probability of at least"
        f" {POWER:.0%}; for one of 5% it takes {planned:,}."
    )
    random = np.random.default_rng(11)
    controls = binomial(random, RATE, planned // 2)
    share = ever(binomial(random, RATE * (1 + LIFT), planned // 2), controls, is_better(planned))
    # Who looks daily finds some that a look at the end would have missed.
    assert POWER <= share < POWER + 0.1


def binomial(random: np.random.Generator, rate: float, people: int) -> list[list[Sums]]:
    """As grown(), of so many people that they are not drawn one by one."""
    daily = people // LOOKS
    totals = np.cumsum(random.binomial(daily, rate, (TESTS, LOOKS)), axis=1)
    return [[Sums(daily * (day + 1), row[day], row[day]) for day in range(LOOKS)] for row in totals]


def test_a_fair_split_raises_no_alarm_and_a_skewed_one_does() -> None:
    random = np.random.default_rng(5)

    def alarms(share: float, weights: list[int]) -> float:
        first = np.cumsum(random.binomial(500, share, (TESTS, LOOKS)), axis=1)
        everybody = 500 * np.arange(1, LOOKS + 1)
        looks = np.stack([first, everybody - first], axis=2)
        return sum(any(skew([*map(int, look)], weights) >= 1 / SPLIT_ERROR for look in test) for test in looks) / TESTS

    assert alarms(0.5, [1, 1]) <= SPLIT_ERROR
    assert alarms(0.1, [1, 9]) <= SPLIT_ERROR
    assert alarms(0.52, [1, 1]) > 0.99


def test_the_split_of_three_arms() -> None:
    assert skew([5000, 2500, 2500], [2, 1, 1]) < 1
    assert skew([5000, 2800, 2200], [2, 1, 1]) > 1 / SPLIT_ERROR
    assert skew([0, 0, 0], [2, 1, 1]) == pytest.approx(1)


def test_the_interval_by_hand() -> None:
    """Two arms of 100 with 10 and 20 orders, 200 planned: the standard error of the difference is 0.05025."""
    said = interval(Sums(100, 20, 20), Sums(100, 10, 10), error=0.05, planned=200)
    assert said is not None
    assert said.difference == pytest.approx(0.1)
    assert said.high - said.difference == pytest.approx(3.0352 * 0.05025, rel=1e-4)
    assert said.difference - said.low == pytest.approx(said.high - said.difference)


def test_the_width_is_least_at_the_planned_size() -> None:
    """Beside what a look at that size alone would have: elsewhere less of it is there for each look."""
    widths = {progress: standard_errors(progress, error=0.05) for progress in (0.1, 0.5, 1.0, 2.0, 10.0)}
    assert widths[1.0] == min(widths.values())


@pytest.mark.parametrize("sums", [Sums(), Sums(1, 1, 1), Sums(1000, 0, 0)])
def test_nothing_is_said_of_what_does_not_vary(sums: Sums) -> None:
    assert interval(sums, sums, error=0.05, planned=1000) is None


def test_the_verdicts_of_the_simulation_are_those_of_the_page() -> None:
    """judge() asks for the same interval: of one that leaves nought it says so."""
    usual, other = Sums(5000, 1000, 1000), Sums(5000, 1300, 1300)
    outcomes = [
        Outcome("usual", 1, 5000, dict.fromkeys(Metric, usual)),
        Outcome("other", 1, 5000, dict.fromkeys(Metric, other)),
    ]
    assert is_better(10_000)(other, usual)
    assert judge(outcomes, primary=Metric.CONVERSION, planned=10_000).verdict is Verdict.BETTER
