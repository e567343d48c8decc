"""Which arm is better, and whether an experiment may end."""

import pytest

from vitrine.experiments import Judgement, Metric, Outcome, Verdict, judge
from vitrine.experiments.confidence import Sums

PEOPLE = 10_000


def yes(share: float, people: int = PEOPLE) -> Sums:
    return Sums(people, share * people, share * people)


def money(mean: float, people: int = PEOPLE) -> Sums:
    """With a standard deviation as large as the mean."""
    return Sums(people, mean * people, 2 * mean * mean * people)


def outcome(
    arm: str, *, conversion: float = 0.1, revenue: float = 5.0, people: int = PEOPLE, weight: int = 1, came: int = 0
) -> Outcome:
    sums = {
        Metric.CONVERSION: yes(conversion, people),
        Metric.REVENUE: money(revenue, people),
        Metric.CLICKS: yes(0.3, people),
    }
    return Outcome(arm, weight, came or people, sums, left_out=3)


def judged(*outcomes: Outcome, primary: Metric = Metric.CONVERSION, planned: int = 100_000) -> Judgement:
    return judge(outcomes, primary=primary, planned=planned)


@pytest.mark.parametrize(
    ("other", "planned", "verdict", "arm"),
    [
        ({"conversion": 0.13}, 100_000, Verdict.BETTER, "other"),
        ({"conversion": 0.07}, 100_000, Verdict.WORSE, "other"),
        ({"conversion": 0.101}, 100_000, Verdict.UNDECIDED, None),
        ({"conversion": 0.101}, 20_000, Verdict.NO_DIFFERENCE, None),
        ({"conversion": 0.5, "people": 99, "came": PEOPLE}, 100_000, Verdict.TOO_FEW, None),
        # An arm that costs money wins nothing, however many order.
        ({"conversion": 0.13, "revenue": 3.0}, 100_000, Verdict.WORSE, "other"),
        ({"revenue": 9.0}, 100_000, Verdict.UNDECIDED, None),
        ({"conversion": 0.13, "came": 11_000}, 100_000, Verdict.SKEWED, None),
    ],
)
def test_the_verdict(other: dict[str, float], planned: int, verdict: Verdict, arm: str | None) -> None:
    found = judged(outcome("usual"), outcome("other", **other), planned=planned)  # type: ignore[arg-type]
    assert (found.verdict, found.arm) == (verdict, arm)
    assert found.is_final == (verdict in {Verdict.BETTER, Verdict.WORSE, Verdict.NO_DIFFERENCE})


def test_each_metric_of_each_arm_is_shown() -> None:
    found = judged(outcome("usual"), outcome("other", revenue=9.0), primary=Metric.REVENUE)
    assert [(row.arm, row.metric) for row in found.rows] == [
        (arm, metric) for arm in ("usual", "other") for metric in Metric
    ]
    assert {row.verdict for row in found.rows[:3]} == {Verdict.CONTROL}
    assert all(row.interval is None for row in found.rows[:3])
    assert (found.verdict, found.arm) == (Verdict.BETTER, "other")
    assert (found.people, found.counted, found.left_out) == (2 * PEOPLE, 2 * PEOPLE, 6)


def test_arms_share_the_error() -> None:
    """The more arms, the wider the intervals."""
    two = judged(outcome("usual"), outcome("a", conversion=0.12)).rows[3].interval
    more = judged(outcome("usual"), *(outcome(name, conversion=0.12) for name in "abcde")).rows[3].interval
    assert two is not None
    assert more is not None
    assert more.low < two.low < two.high < more.high


def test_of_two_better_arms_the_better_one_wins() -> None:
    found = judged(outcome("usual"), outcome("a", conversion=0.14), outcome("b", conversion=0.15))
    assert (found.verdict, found.arm) == (Verdict.BETTER, "b")


def test_before_anybody_has_come_nothing_is_said() -> None:
    found = judged(outcome("usual", people=0), outcome("other", people=0))
    assert (found.verdict, found.people, found.power[:12]) == (Verdict.TOO_FEW, 0, "What the pla")


def test_people_of_all_arms_are_planned() -> None:
    """With a small arm it takes more people in all than with two of one size."""
    even = judged(outcome("usual"), outcome("other")).power
    uneven = judged(outcome("usual", weight=9, came=18_000), outcome("other", came=2_000)).power
    needed = [int(said.rpartition(" ")[2].strip(".").replace(",", "")) for said in (even, uneven)]
    assert needed[1] > 2 * needed[0]
