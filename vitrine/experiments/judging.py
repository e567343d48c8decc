"""What the arms of an experiment are worth, and whether it may end: pure functions over what people did."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from vitrine.experiments.confidence import Interval, Sums, difference_found, interval, people_needed, skew

# The probability that any arm is ever taken for better or worse in its primary metric though none is.
ERROR = 0.05
# The probability that a fair split is ever taken for a skewed one.
SPLIT_ERROR = 0.01
# A difference as large as the page says is found with this probability at least.
POWER = 0.8
# The intervals hold for many people; fewer in an arm are no verdict.
PEOPLE_MINIMUM = 100


class Metric(StrEnum):
    """What is measured of a person, from when they took part first until their time is over."""

    # Whether they ordered.
    CONVERSION = "conversion"
    # What they paid in all, in the shop's currency.
    REVENUE = "revenue"
    # Whether they clicked on a recommendation of the experiment.
    CLICKS = "clicks"


class Verdict(StrEnum):
    """Of an arm beside the control, or of the experiment as a whole."""

    # The arm beside which the others are.
    CONTROL = "control"
    # Fewer people than can be judged.
    TOO_FEW = "too few people"
    UNDECIDED = "undecided"
    BETTER = "better"
    WORSE = "worse"
    # The planned people have been counted, and nothing is decided.
    NO_DIFFERENCE = "no difference found"
    # Nothing is said of arms to which others came than were sent there.
    SKEWED = "skewed split"


# With these an experiment has nothing more to say.
FINAL = frozenset({Verdict.BETTER, Verdict.WORSE, Verdict.NO_DIFFERENCE})


class Outcome(NamedTuple):
    """What the people of an arm did. `people` have taken part; the sums are of those whose time is over."""

    arm: str
    weight: int
    people: int
    sums: Mapping[Metric, Sums]
    # Who was in another arm, too, as two ids of theirs were joined later; they count nowhere.
    left_out: int = 0


class Row(NamedTuple):
    """A metric of an arm: its mean, and beside the control the difference, None where nothing can be said of it."""

    arm: str
    metric: Metric
    people: int
    counted: int
    left_out: int
    mean: float
    interval: Interval | None
    verdict: Verdict


class Judgement(NamedTuple):
    """What is known of an experiment. `counted` are those whose time is over; `skew` is that of its split."""

    verdict: Verdict
    # Which arm it is about, where it is about one.
    arm: str | None
    people: int
    counted: int
    left_out: int
    skew: float
    rows: Sequence[Row]
    # What the planned people can find.
    power: str

    @property
    def is_final(self) -> bool:
        """Whether the experiment may end."""
        return self.verdict in FINAL


def judge(outcomes: Sequence[Outcome], *, primary: Metric, planned: int) -> Judgement:
    """Of the arms, the control first. `planned` people in all are to be counted.

    An arm that is better in the primary metric wins. One that is worse in it, or in revenue, ends the experiment too.
    Errors are shared among the arms (Bonferroni); only the primary metric decides which is better, so that the others
    need no share. Nothing is said of a skewed split.
    """
    skewness = skew([each.people for each in outcomes], [each.weight for each in outcomes])
    counted = sum(each.sums[primary].people for each in outcomes)
    is_done = counted >= planned
    rows = [
        _row(each, outcomes[0], metric, error=_error(outcomes), planned=_of_pair(planned, each, outcomes), done=is_done)
        for each in outcomes
        for metric in Metric
    ]
    is_skewed = skewness >= 1 / SPLIT_ERROR
    verdict, arm = (Verdict.SKEWED, None) if is_skewed else _whole(rows, primary, is_done=is_done)
    return Judgement(
        verdict,
        arm,
        sum(each.people for each in outcomes),
        counted,
        sum(each.left_out for each in outcomes),
        skewness,
        rows,
        _sentence(outcomes, primary, planned),
    )


def people_for(lift: float, control: Sums, *, weights: Sequence[int]) -> int:
    """How many people in all arms find a lift of the control's mean in the arm with the least weight, such as 0.05."""
    share, of_all = _least(weights)
    error = ERROR / (len(weights) - 1)
    needed = people_needed(lift * control.mean, control.variance, share=share, error=error, power=POWER)
    return round(needed / of_all)


def _error(outcomes: Sequence[Outcome]) -> float:
    return ERROR / (len(outcomes) - 1)


def _of_pair(planned: int, arm: Outcome, outcomes: Sequence[Outcome]) -> float:
    """How many of the planned people are in an arm or in the control."""
    return planned * (arm.weight + outcomes[0].weight) / sum(each.weight for each in outcomes)


def _row(arm: Outcome, control: Outcome, metric: Metric, *, error: float, planned: float, done: bool) -> Row:  # noqa: PLR0913
    own, other = arm.sums[metric], control.sums[metric]
    if arm is control:
        return Row(arm.arm, metric, arm.people, own.people, arm.left_out, own.mean, None, Verdict.CONTROL)
    found = interval(own, other, error=error, planned=planned)
    few = min(own.people, other.people) < PEOPLE_MINIMUM
    verdict = Verdict.TOO_FEW if few else _verdict(found, done=done)
    return Row(arm.arm, metric, arm.people, own.people, arm.left_out, own.mean, found, verdict)


def _verdict(found: Interval | None, *, done: bool) -> Verdict:
    if found is not None and found.low > 0:
        return Verdict.BETTER
    if found is not None and found.high < 0:
        return Verdict.WORSE
    return Verdict.NO_DIFFERENCE if done else Verdict.UNDECIDED


def _whole(rows: Sequence[Row], primary: Metric, *, is_done: bool) -> tuple[Verdict, str | None]:
    """The guard comes first: an arm that costs the shop money wins nothing."""
    worse = [row for row in rows if row.verdict is Verdict.WORSE and row.metric in (primary, Metric.REVENUE)]
    better = [row for row in rows if row.verdict is Verdict.BETTER and row.metric is primary]
    if worse:
        return Verdict.WORSE, worse[0].arm
    if better:
        return Verdict.BETTER, max(better, key=lambda row: row.mean).arm
    few = any(row.verdict is Verdict.TOO_FEW for row in rows)
    return (Verdict.TOO_FEW if few else Verdict.NO_DIFFERENCE if is_done else Verdict.UNDECIDED), None


def _least(weights: Sequence[int]) -> tuple[float, float]:
    """Of the control and the arm with the least weight: the share of that arm, and the share of both of all."""
    least = min(weights[1:])
    return least / (least + weights[0]), (least + weights[0]) / sum(weights)


def _sentence(outcomes: Sequence[Outcome], primary: Metric, planned: int) -> str:
    control, weights = outcomes[0].sums[primary], [each.weight for each in outcomes]
    if control.people < PEOPLE_MINIMUM or not control.mean or not control.variance:
        return "What the planned people can find is said once the control has outcomes."
    share, of_all = _least(weights)
    error = _error(outcomes)
    found = difference_found(planned * of_all, control.variance, share=share, error=error, power=POWER)
    return (
        f"{planned:,} people find a true change of {primary} by {found / control.mean:.1%} or more with a probability"
        f" of at least {POWER:.0%}; for one of 5% it takes {people_for(0.05, control, weights=weights):,}."
    )
