"""Times for views that have none."""

import time
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.view_producer import stamping
from services.view_producer.stamping import MAX_AHEAD_MS, Stamper
from vitrine.events import MAX_FUTURE_SECONDS


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-5, 20)), max_size=200))
def test_the_times_of_a_user_increase_also_when_the_clock_goes_back(steps: list[tuple[str, int]]) -> None:
    stamper, now = Stamper(), 1_000_000
    stamps = defaultdict(list)
    for user, step in steps:
        now += step
        stamps[user].append(stamper.stamp(user, now))
        assert stamps[user][-1] >= now
    assert all(times == sorted(set(times)) for times in stamps.values())


def test_a_user_does_not_hurry_the_others() -> None:
    stamper = Stamper()
    assert [stamper.stamp("busy", 1000) for _ in range(3)] == [1000, 1001, 1002]
    assert stamper.stamp("calm", 1000) == 1000


def test_the_clock_is_the_time_again_once_it_has_caught_up() -> None:
    stamper = Stamper()
    assert [stamper.stamp("a", 1000) for _ in range(5)][-1] == 1004
    assert stamper.stamp("a", 2000) == 2000


def test_users_of_the_past_are_forgotten() -> None:
    stamper = Stamper()
    for now in range(10_000):
        stamper.stamp(f"user-{now}", now)
    assert len(stamper._last) <= 2


def test_users_ahead_of_the_clock_are_remembered() -> None:
    stamper = Stamper()
    users = [f"user-{number}" for number in range(1000)]
    assert {stamper.stamp(user, 1000) for user in users} == {1000}
    assert {stamper.stamp(user, 1000) for user in users} == {1001}
    assert {stamper.stamp(user, 1001) for user in users} == {1002}


def test_a_clock_that_steps_back_does_not_take_stamps_back() -> None:
    stamper = Stamper()
    assert [stamper.stamp("a", now) for now in (1000, 2000, 1500)] == [1000, 2000, 2001]


def test_it_stays_near_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamping, "MAX_AHEAD_MS", 50)
    stamper = Stamper()
    stamps = []
    for _ in range(300):
        stamps.append(stamper.stamp("user-1", int(time.time() * 1000)))
        assert stamps[-1] <= time.time() * 1000 + 51
    assert stamps == sorted(set(stamps))


def test_how_far_a_sender_may_be_ahead_is_no_mistake_to_the_consumer() -> None:
    assert MAX_AHEAD_MS / 1000 < MAX_FUTURE_SECONDS
