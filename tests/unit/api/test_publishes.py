"""The publish is remembered for a second, and no longer."""

from collections.abc import Iterator

import pytest

from api.analytics.publishes import Publishes
from api.analytics.resources import HOUSEHOLDS, SALES, Resource
from vitrine.errors import NothingPublishedError


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_postgres_is_asked_once_a_second() -> None:
    clock, there, asked = Clock(), ["first"], []

    def read(resource: Resource) -> str:
        asked.append(resource.name)
        clock.now += 0.25
        return there[-1]

    publishes = Publishes(read, clock=clock)
    assert publishes.latest(HOUSEHOLDS) == "first"
    there.append("second")
    clock.now = 100.99
    assert publishes.latest(SALES["day"]) == "first", "both are of the same publish"
    assert len(asked) == 1
    # A second after the question was asked, not after it was answered.
    clock.now = 101.0
    assert publishes.latest(HOUSEHOLDS) == "second"
    assert len(asked) == 2


def test_what_failed_is_not_remembered() -> None:
    answers: Iterator[str | Exception] = iter([NothingPublishedError("marts.publish"), "first"])

    def read(_resource: Resource) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    publishes = Publishes(read, clock=Clock())
    with pytest.raises(NothingPublishedError):
        publishes.latest(HOUSEHOLDS)
    assert publishes.latest(HOUSEHOLDS) == "first"
