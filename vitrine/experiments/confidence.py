"""What can be said of arms at any time, however often somebody looks: intervals, and whether the split is skewed.

Each person counts once, when the time in which their outcome counts is over. So people are independent, and the sums of
an arm grow person by person, which both methods ask for.
"""

from collections.abc import Sequence
from math import exp, inf, lgamma, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

# How closely the prior of a skewed split lies around the split that is meant, in people: finds a few percent.
_CONCENTRATION = 1000.0
# More says nothing more.
_SKEW_MOST = 1e9


class Sums(NamedTuple):
    """Of an outcome: how many people, the sum of theirs, and the sum of the squares of theirs."""

    people: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.people if self.people else 0.0

    @property
    def variance(self) -> float:
        """Of one person; infinite of fewer than two."""
        if self.people < 2:
            return inf
        return max(0.0, self.squares - self.total * self.mean) / (self.people - 1)


class Interval(NamedTuple):
    """By how much a mean is above another: the estimate, and the ends of what it may be."""

    difference: float
    low: float
    high: float


def interval(arm: Sums, control: Sums, *, error: float, planned: float) -> Interval | None:
    """Covers the true difference at all times at once, but for a probability of `error`.

    Narrowest where both together have about `planned` people. None where nothing varies yet. Asymptotic confidence
    sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic
    confidence sequences", Annals of Statistics 52(6), 2024, equation (7); it is Robbins' normal mixture with an
    estimated variance.
    """
    variance = arm.variance / max(1, arm.people) + control.variance / max(1, control.people)
    if not 0 < variance < inf:
        return None
    margin = sqrt(variance) * standard_errors((arm.people + control.people) / planned, error=error)
    difference = arm.mean - control.mean
    return Interval(difference, difference - margin, difference + margin)


def standard_errors(progress: float, *, error: float) -> float:
    """Half the width of such an interval in standard errors, at a share of the planned people.

    sqrt(2 (x + 1) / x log(sqrt(x + 1) / error)) with x = t rho^2; rho is tuned to the planned people t* as in appendix
    B.2 there: rho^2 = (-2 log error + log(1 - 2 log error)) / t*.
    """
    scaled = progress * (-2 * log(error) + log(1 - 2 * log(error)))
    return sqrt(2 * (scaled + 1) / scaled * log(sqrt(scaled + 1) / error))


def people_needed(difference: float, variance: float, *, share: float, error: float, power: float) -> float:
    """How many people two arms need together to find a true difference with a probability of `power` at least.

    `share` of them are in the one. At the planned size the estimate has to lie outside of half the interval's width;
    who looks earlier too finds it more often.
    """
    errors = standard_errors(1.0, error=error) + NormalDist().inv_cdf(power)
    return errors * errors * variance * (1 / share + 1 / (1 - share)) / (difference * difference)


def difference_found(people: float, variance: float, *, share: float, error: float, power: float) -> float:
    """The least true difference that so many people find: people_needed() the other way round."""
    errors = standard_errors(1.0, error=error) + NormalDist().inv_cdf(power)
    return errors * sqrt(variance * (1 / share + 1 / (1 - share)) / people)


def skew(people: Sequence[int], weights: Sequence[float]) -> float:
    """How much likelier it is that people were split by another proportion than by the weights: a Bayes factor.

    Under the weights it ever reaches 1 / e with a probability of e at most (Ville). Lindon and Malek, "Anytime-valid
    inference for multinomial count data", NeurIPS 2022: a Dirichlet prior around the weights.
    """
    whole = sum(weights)
    shares = [weight / whole for weight in weights]
    prior = [_CONCENTRATION * share for share in shares]
    logarithm: float = lgamma(_CONCENTRATION) - lgamma(_CONCENTRATION + sum(people))
    for count, share, before in zip(people, shares, prior, strict=True):
        logarithm += lgamma(before + count) - lgamma(before) - count * log(share)
    return exp(min(logarithm, log(_SKEW_MOST)))
