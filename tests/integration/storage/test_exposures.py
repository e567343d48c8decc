"""Who took part in which experiment: the first time counts, and all of it can be taken back."""

import time

import pytest

from tests.integration.one_computer import Names
from tests.waiting import wait_until
from vitrine.experiments import Exposure
from vitrine.storage import ViewStore
from vitrine.storage.driver.times import seconds
from vitrine.storage.tables.exposures import ExposureStore
from vitrine.storage.tables.identities import IdentityStore


@pytest.fixture
def exposures(store: ViewStore) -> ExposureStore:
    return ExposureStore(store._link)


@pytest.fixture
def names() -> Names:
    return Names.new()


def noted(exposures: ExposureStore, person: str, arm: str, *, at: float, experiment: str = "home") -> None:
    before = len(exposures.kept(person))
    exposures.note(person, experiment, arm, now=at)
    wait_until(lambda: len(exposures.kept(person)) > before, what="it is not kept")


def test_of_all_ids_of_a_person(exposures: ExposureStore, store: ViewStore, names: Names) -> None:
    now = round(time.time(), 3)
    identities = IdentityStore(store._link)
    noted(exposures, names.visitor, "a", at=now - 50)
    noted(exposures, names.ann, "b", at=now - 40, experiment="cart")
    assert exposures.of(names.ann, "home") == ([], False)
    identities.join(names.visitor, names.ann, at=now - 30, now=now)
    found, is_own = exposures.of(names.ann, "home")
    assert ([(seconds(each.at), each.arm) for each in found], is_own) == ([(now - 50, "a")], False)
    noted(exposures, names.ann, "a", at=now - 20)
    found, is_own = exposures.of(names.ann, "home")
    assert (min(found), len(found), is_own) == (Exposure(min(found).at, "a"), 2, True)
    # Another customer of that computer took no part in what was before them.
    identities.join(names.visitor, names.bob, at=now - 10, now=now)
    assert exposures.of(names.bob, "home") == ([], False)


def test_a_moment_that_comes_twice_is_kept_once(exposures: ExposureStore, names: Names) -> None:
    now = time.time()
    noted(exposures, names.ann, "a", at=now)
    exposures.note(names.ann, "home", "a", now=now)
    noted(exposures, names.ann, "a", at=now + 1)
    assert len(exposures.kept(names.ann)) == 2


def test_up_to_a_moment_or_at_all(exposures: ExposureStore, names: Names) -> None:
    now = time.time()
    for experiment, age in (("home", 60), ("cart", 20), ("fast-clock", -200)):
        noted(exposures, names.ann, "a", at=now - age, experiment=experiment)
    assert names.ann in set(exposures.userids())
    assert exposures.erase(names.ann, until=round((now - 40) * 1000), also_later=False) == 1
    assert {each.experiment for each in exposures.kept(names.ann)} == {"cart", "fast-clock"}
    assert exposures.erase(names.ann, until=round(now * 1000), also_later=True) == 2
    assert exposures.erase(names.ann, until=round(now * 1000), also_later=True) == 0
    assert names.ann not in set(exposures.userids())
