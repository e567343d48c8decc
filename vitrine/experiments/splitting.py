"""Who is in which arm: the one in which they took part first, and before that the one that a hash gives them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple


class Model(StrEnum):
    """What orders the products that the model of views gives."""

    # As without an experiment: the shop's own forest where it has one.
    TRAINED = "trained"
    # The linear formula, also where there is a forest.
    UNTRAINED = "untrained"
    # No model: best sellers and the newest alone.
    NONE = "none"


@dataclass(frozen=True)
class Arm:
    """What those in an arm are shown."""

    name: str
    # Its share of all is this over the sum of the weights of all arms.
    weight: int = 1
    # The sources to draw on, in this order; empty for those of the list.
    sources: tuple[str, ...] = ()
    # The rules that may apply, by id; None for all.
    rules: tuple[int, ...] | None = None
    model: Model = Model.TRAINED
    # Answers are empty: what is sold without recommendations.
    shows_nothing: bool = False


@dataclass(frozen=True)
class Experiment:
    """A running experiment. The first arm is the control, beside which the others are measured."""

    name: str
    salt: str
    arms: tuple[Arm, ...]
    # The list (for-you, similar, trending) and the placement at which it runs; None for any.
    list: str | None = None
    placement: str | None = None


class Exposure(NamedTuple):
    """Somebody took part; the time is the driver's: in UTC, without a zone."""

    at: datetime
    arm: str


def running(experiments: Iterable[Experiment], *, list: str, placement: str | None) -> Experiment | None:
    """The one in which an answer takes part: the first of those that run here."""
    return next(
        (each for each in experiments if each.list in (None, list) and each.placement in (None, placement)), None
    )


def arm_of(experiment: Experiment, person: str) -> Arm:
    """The same for the same person, whoever asks; over many persons in the proportion of the weights.

    BLAKE2b of salt and person, as a number below 2^64, scaled to the sum of the weights. The salt is each experiment's
    own: who is in which arm of one says nothing of another.
    """
    digest = hashlib.blake2b(person.encode(), key=experiment.salt.encode()[:64], digest_size=8).digest()
    ends = list(accumulate(arm.weight for arm in experiment.arms))
    point = int.from_bytes(digest) * ends[-1] >> 64
    return next(arm for arm, end in zip(experiment.arms, ends, strict=True) if point < end)


def first_of(experiment: Experiment, person: str, exposures: Sequence[Exposure]) -> Arm:
    """The arm in which somebody took part first, under whichever of their ids; before that the hash decides."""
    arms = {arm.name: arm for arm in experiment.arms}
    known = [each for each in exposures if each.arm in arms]
    return arms[min(known).arm] if known else arm_of(experiment, person)
