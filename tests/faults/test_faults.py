"""A short, seeded round of the suite, and proof that it sees what it looks for."""

from collections.abc import Iterator

import pytest

from tests.faults.checks import Found
from tests.faults.scenarios import SCENARIOS, Scenario, run
from tests.faults.system import System

# Servers start and end, on a machine that does other things as well.
pytestmark = pytest.mark.timeout(1200)

SEED = 1
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
SHORT = [scenario for scenario in SCENARIOS if scenario.is_short]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System.running(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.mark.parametrize("scenario", SHORT, ids=[scenario.name for scenario in SHORT])
def test_nothing_is_lost_or_doubled_or_wrong(system: System, scenario: Scenario) -> None:
    outcome = run(system, scenario, SEED)
    assert outcome.found.problems == []
    assert outcome.accepted > 100, "there was no traffic"


@pytest.mark.parametrize(
    ("process", "scenario", "bugs"),
    [
        (
            "view-consumer",
            "view-consumer killed while cassandra is cut off",
            {"commit_before_write": "neither stored nor"},
        ),
        (
            "api",
            "200 poison messages",
            {"erasure_that_forgets_a_store": "1 order lines", "limit_that_is_not_atomic": "may ask 30 times a minute"},
        ),
    ],
)
def test_each_planted_bug_is_seen(system: System, process: str, scenario: str, bugs: dict[str, str]) -> None:
    with system.changed(process, ",".join(bugs)):
        found: Found = run(system, BY_NAME[scenario], SEED, number=1).found
    for said in bugs.values():
        assert any(said in problem for problem in found.problems), found.problems
