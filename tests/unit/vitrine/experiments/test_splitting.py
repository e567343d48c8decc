"""Who is in which arm."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.experiments import Arm, Experiment, Exposure, arm_of, first_of, running

PEOPLE = [f"user-{number}" for number in range(20_000)]
HALVES = Experiment("halves", "salt", (Arm("usual"), Arm("other")))
WEIGHTS = st.lists(st.integers(1, 1000), min_size=2, max_size=10)
SPLIT = ["u", "u", "o", "o", "u", "o", "o", "u", "u", "u", "u", "o"]
EARLY, LATE = datetime(2026, 1, 1), datetime(2026, 1, 2)  # noqa: DTZ001 - as the driver gives them


def of_weights(weights: list[int], salt: str) -> Experiment:
    return Experiment("e", salt, tuple(Arm(f"arm-{place}", weight) for place, weight in enumerate(weights)))


@given(WEIGHTS, st.text(max_size=64), st.text())
def test_a_person_is_in_one_arm_whoever_asks(weights: list[int], salt: str, person: str) -> None:
    experiment = of_weights(weights, salt)
    assert arm_of(experiment, person) == arm_of(of_weights(weights, salt), person)
    assert arm_of(experiment, person) in experiment.arms


@pytest.mark.parametrize("weights", [[1, 1], [1, 9], [500, 250, 250], [1, 2, 3, 4]])
@pytest.mark.parametrize("salt", ["", "one", "another"])
def test_arms_have_the_shares_that_their_weights_say(weights: list[int], salt: str) -> None:
    experiment = of_weights(weights, salt)
    found = [arm_of(experiment, person).name for person in PEOPLE]
    for arm in experiment.arms:
        share = arm.weight / sum(weights)
        # Four standard errors: of one in 16,000 shares that are right.
        assert abs(found.count(arm.name) / len(PEOPLE) - share) < 4 * (share * (1 - share) / len(PEOPLE)) ** 0.5


def test_an_arm_of_one_experiment_says_nothing_of_another() -> None:
    other = Experiment("others", "another salt", HALVES.arms)
    both = sum(arm_of(HALVES, person).name == arm_of(other, person).name for person in PEOPLE)
    assert abs(both / len(PEOPLE) - 0.5) < 4 * 0.5 / len(PEOPLE) ** 0.5


def test_the_split_is_the_same_in_every_release() -> None:
    """Another one would move everybody of a running experiment to another arm."""
    assert [arm_of(HALVES, person).name[0] for person in PEOPLE[:12]] == SPLIT


def test_the_first_exposure_counts_under_whichever_id() -> None:
    for person in PEOPLE[:20]:
        assert first_of(HALVES, person, []) == arm_of(HALVES, person)
        assert first_of(HALVES, person, [Exposure(LATE, "usual"), Exposure(EARLY, "other")]).name == "other"
        # Of an arm that there is not nothing can be shown.
        assert first_of(HALVES, person, [Exposure(EARLY, "gone"), Exposure(LATE, "usual")]).name == "usual"


@pytest.mark.parametrize(
    ("list_name", "placement", "found"),
    [
        ("for-you", "home", "home"),
        ("for-you", "cart", "for-you"),
        ("for-you", None, "for-you"),
        ("similar", "home", "anywhere"),
        ("trending", None, "anywhere"),
    ],
)
def test_an_answer_takes_part_in_the_first_that_runs_here(list_name: str, placement: str | None, found: str) -> None:
    held = [
        Experiment("home", "", HALVES.arms, "for-you", "home"),
        Experiment("for-you", "", HALVES.arms, "for-you"),
        Experiment("anywhere", "", HALVES.arms),
    ]
    here = running(held, list=list_name, placement=placement)
    assert here is not None
    assert here.name == found
    assert running(held[:1], list="similar", placement="home") is None
