"""Learned and then taken back equals never learned."""

from collections.abc import Callable

import pytest

from tests.unit.vitrine.learning.small_model import (
    DAY,
    NOON,
    View,
    by_time,
    counts,
    fades,
    learn,
    random_sessions,
    session,
    stored,
    sums,
)
from vitrine.learning import Generation, Model, Policy, Size, Stream

NewModel = Callable[..., Model]


def assert_same(one: Model, other: Model) -> None:
    """Counts exactly, sums but for the rounding of float32, which is relative to what was there."""
    assert counts(one.path) == counts(other.path)
    expected = {key: value for key, value in sums(other.path).items() if value}
    found = {key: value for key, value in sums(one.path).items() if value}
    assert {key: found.get(key, 0.0) for key in expected} == pytest.approx(expected, rel=2e-3)
    assert max((found[key] for key in found.keys() - expected.keys()), default=0.0) < 0.01
    assert fades(one.path) == pytest.approx(fades(other.path), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_learned_and_taken_back_is_never_learned(new_model: NewModel, seed: int) -> None:
    others = random_sessions(seed, users=40, prefix="other")
    persons = [view._replace(user="person") for view in random_sessions(seed + 100, users=6, products=60)]
    with_person, without = new_model(), new_model()
    learn(with_person, by_time([*others, *persons]))
    learn(without, by_time(others))
    learn(with_person, session("last", "p1 p2", at=NOON + 70 * DAY))
    learn(without, session("last", "p1 p2", at=NOON + 70 * DAY))
    assert counts(with_person.path) != counts(without.path)
    with_person.forget("person", stored(persons))
    assert_same(with_person, without)


def test_it_holds_across_a_checkpoint(new_model: NewModel) -> None:
    others, persons = random_sessions(1, users=30), session("person", "p1 p2 p77 p1", at=NOON + DAY)
    model, without = new_model("kept"), new_model()
    learn(model, by_time([*others, *persons]))
    model.checkpoint().result()
    model.close()
    again = new_model("kept")
    again.forget("person", stored(persons))
    learn(without, by_time(others))
    assert_same(again, without)
    again.checkpoint().result()
    again.close()
    assert_same(new_model("kept"), without)


def test_a_product_that_only_this_person_viewed_is_gone(model: Model) -> None:
    learn(model, [*session("u", "a b"), *session("person", "a secret b")])
    assert [ranked.product for ranked in Generation(model.path).rank(["a"])] == ["b", "secret"]
    model.forget("person", stored(session("person", "a secret b")))
    assert list(Generation(model.path).numbers_of(["secret"])) == [-1]
    assert [ranked.product for ranked in Generation(model.path).rank(["a"])] == ["b"]


def test_the_open_session_is_forgotten_too(model: Model) -> None:
    learn(model, [*session("u", "b"), *session("person", "a")])
    model.forget("person", stored(session("person", "a")))
    learn(model, session("person", "b", at=NOON + 60))
    assert not [key for key in sums(model.path) if "a" in key[:2]]


@pytest.mark.parametrize("deleted", ["p1", "p3"])
def test_one_product_of_a_person_is_taken_back(new_model: NewModel, deleted: str) -> None:
    """What stays teaches as if the deleted views had never been between."""
    others = random_sessions(2, users=30)
    persons = session("person", "p1 p3 p1 p4 p3 p5 p1", at=NOON + DAY)
    kept = [view for view in persons if view.product != deleted]
    model, without = new_model(), new_model()
    learn(model, by_time([*others, *persons]))
    learn(without, by_time([*others, *kept]))
    model.forget("person", stored(persons), keeping=stored(kept))
    assert_same(model, without)
    more = View("person", "p9", "more", persons[-1].time + 60)
    for each in (model, without):
        learn(each, [more])
    assert_same(model, without)


def test_a_robots_views_that_taught_nothing_are_not_taken_from_others(new_model: NewModel) -> None:
    policy = Policy(max_views_a_day=3)
    model, without = new_model(policy=policy), new_model(policy=policy)
    robot = session("robot", "a b c d d d d")
    people = [*session("u", "d a d"), *session("v", "d c")]
    learn(model, [*people, *robot])
    learn(without, people)
    model.forget("robot", stored(robot))
    assert_same(model, without)


def test_purchases_are_taken_back_with_their_weight(new_model: NewModel) -> None:
    policy = Policy(purchase_weight=2.5)
    model, without = new_model(policy=policy), new_model(policy=policy)
    bought = session("person", "p1 p2 p3", at=NOON + DAY)
    for each in (model, without):
        learn(each, random_sessions(4, users=20))
    learn(model, bought, stream=Stream.PURCHASES)
    model.forget("person", stored(bought), stream=Stream.PURCHASES)
    assert_same(model, without)


def test_an_event_that_counted_once_is_taken_back_once(model: Model) -> None:
    persons = session("person", "a b")
    learn(model, [*session("u", "a b"), *persons, *persons])
    again = [view._replace(time=view.time + 5) for view in persons]
    model.forget("person", stored([*persons, *again]))
    assert counts(model.path) == {"a": 1, "b": 1}


def test_what_was_never_learned_takes_nothing_below_nothing(model: Model) -> None:
    learn(model, [*session("u", "a b c c"), *session("v", "z", at=NOON + 2 * DAY)])
    model.forget("stranger", stored([*session("stranger", "a a a b x"), *session("stranger", "c", at=NOON + DAY)]))
    assert all(value >= 0 for value in sums(model.path).values())
    assert counts(model.path) == {"c": 1, "z": 1}


def test_what_lies_after_the_newest_event_was_not_learned(model: Model) -> None:
    learn(model, session("u", "a b"))
    before = sums(model.path), counts(model.path), fades(model.path)
    model.forget("stranger", stored(session("stranger", "a b", at=NOON + 10_000 * DAY)))
    assert (sums(model.path), counts(model.path), fades(model.path)) == before


def test_what_was_dropped_since_stays_dropped(new_model: NewModel) -> None:
    model = new_model(size=Size(products=8, neighbours=2, users=80, events=80))
    persons = session("person", "a b")
    learn(model, [*persons, *session("u", "a c"), *session("v", "a c"), *session("w", "a d")])
    before = sums(model.path)
    model.forget("person", stored(persons))
    after = sums(model.path)
    assert ("a", "b", "forward") not in after
    assert after["a", "c", "forward"] == before["a", "c", "forward"]
    assert after["a", "pairs_long"] < before["a", "pairs_long"]
