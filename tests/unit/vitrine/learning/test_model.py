"""What a model makes of views that come late, twice, from robots, as purchases, and where it is full."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.vitrine.learning.small_model import (
    DAY,
    MINUTE,
    NOON,
    SMALL,
    View,
    by_time,
    counts,
    fades,
    learn,
    names,
    random_sessions,
    session,
    sums,
)
from tests.unit.vitrine.learning.small_model import book_of as book_at
from vitrine.errors import ModelFileError
from vitrine.learning import Events, Generation, Model, Policy, Ranked, Size, Stream

NewModel = Callable[..., Model]


def pairs(model: Model) -> dict[tuple[str, str], float]:
    """How often which product was clicked before which other."""
    return {(key[0], key[1]): value for key, value in sums(model.path).items() if key[-1] == "forward" and value}


def test_an_event_seen_again_counts_once(model: Model) -> None:
    views = session("u", "a b c")
    learn(model, views)
    once = sums(model.path)
    learn(model, [*views, views[1]])
    assert sums(model.path) == once
    assert model.counts == {"learned": 3, "repeated": 4, "robots": 0}


def test_the_same_event_id_of_two_users_is_two_events(model: Model) -> None:
    learn(model, [View("u", "a", "1", NOON), View("v", "a", "1", NOON)])
    assert counts(model.path) == {"a": 2}


def test_half_an_hour_of_silence_ends_a_session(model: Model) -> None:
    times = [0, 30 * MINUTE, 60 * MINUTE + 0.01]
    learn(model, [View("u", product, product, NOON + time) for product, time in zip("abc", times, strict=True)])
    assert set(pairs(model)) == {("a", "b")}


def test_shoppers_do_not_mix(model: Model) -> None:
    learn(model, by_time([*session("u", "a b"), *session("v", "x y")]))
    assert set(pairs(model)) == {("a", "b"), ("x", "y")}


@pytest.mark.parametrize("seed", range(5))
def test_a_session_teaches_the_same_in_whatever_order_its_clicks_arrive(new_model: NewModel, seed: int) -> None:
    views = session("u", " ".join(f"p{random.Random(seed).randrange(8)}" for _ in range(20)))
    shuffled = random.Random(seed).sample(views, len(views))
    in_order, late = new_model(), new_model()
    learn(in_order, [View("w", "x", "0", NOON - DAY / 2), *views])
    learn(late, [View("w", "x", "0", NOON - DAY / 2), *shuffled])
    assert pairs(late) == pytest.approx(pairs(in_order), rel=1e-4)
    assert sums(late.path) == pytest.approx(sums(in_order.path), rel=1e-4, abs=1e-5)
    assert fades(late.path) == pytest.approx(fades(in_order.path), rel=1e-4)


def test_a_session_that_comes_days_late_counts_at_its_own_time(new_model: NewModel) -> None:
    late, in_time = session("u", "a b c", at=NOON), session("v", "x y", at=NOON + 8 * DAY)
    one, other = new_model(), new_model()
    learn(one, [View("w", "w", "0", NOON), *late, *in_time])
    learn(other, [View("w", "w", "0", NOON), *in_time, *late])
    assert sums(other.path) == pytest.approx(sums(one.path), rel=1e-5)
    assert fades(other.path) == pytest.approx(fades(one.path), rel=1e-5)


def test_a_late_session_of_somebody_who_is_back_counts_too(model: Model) -> None:
    learn(model, [*session("u", "x y", at=NOON + DAY), *session("u", "a b", at=NOON)])
    assert set(pairs(model)) == {("x", "y"), ("a", "b")}


def test_a_robot_teaches_nothing_more_on_that_day(new_model: NewModel) -> None:
    model = new_model(policy=Policy(max_views_a_day=3))
    learn(model, session("robot", "a b c d e", at=NOON))
    learn(model, session("person", "a c", at=NOON))
    assert counts(model.path) == {"a": 2, "b": 1, "c": 2}
    assert model.counts["robots"] == 2
    learn(model, session("robot", "f", at=NOON + DAY))
    assert counts(model.path)["f"] == 1


def test_purchases_weigh_what_they_are_told_and_leave_the_open_session_alone(new_model: NewModel) -> None:
    model = new_model(policy=Policy(purchase_weight=3.0))
    learn(model, session("u", "a", at=NOON))
    learn(model, session("u", "x y", at=NOON - 3 * DAY), stream=Stream.PURCHASES)
    learn(model, session("u", "b", at=NOON + MINUTE))
    found = pairs(model)
    assert set(found) == {("a", "b"), ("x", "y")}
    assert found["x", "y"] == pytest.approx(3 * found["a", "b"], rel=0.03), "three days older"


def test_offsets_stand_beside_what_was_learned(model: Model) -> None:
    assert model.offsets(Stream.VIEWS) == {}
    model.learn(Events(["u"], ["a"], ["1"], [NOON]), offsets={0: 17, 3: 5})
    model.advance(Stream.PURCHASES, {1: 4})
    assert model.offsets(Stream.VIEWS) == {0: 17, 3: 5}
    assert model.offsets(Stream.PURCHASES) == {1: 4}
    with pytest.raises(ModelFileError, match="partition 1024"):
        model.advance(Stream.VIEWS, {1024: 4})


def test_a_full_row_makes_room_by_its_weakest(new_model: NewModel) -> None:
    model = new_model(size=Size(products=20, neighbours=2, users=8, events=80))
    learn(model, [*session("u", "a b"), *session("v", "a c"), *session("w", "a c"), *session("x", "a d")])
    assert {pair for pair in pairs(model) if pair[0] == "a"} == {("a", "c"), ("a", "d")}
    assert pairs(model)["a", "d"] < pairs(model)["a", "c"], "what comes in begins at nothing"


def test_a_full_model_makes_room_by_its_weakest_product(new_model: NewModel) -> None:
    model = new_model(size=Size(products=4, neighbours=3, users=80, events=80))
    learn(model, [*session("u", "a b"), *session("v", "a b"), *session("w", "c d c a")])
    before = Generation(model.path).numbering
    learn(model, session("x", "e a"))
    assert set(counts(model.path)) == {"a", "b", "c", "e"}, "d was viewed least"
    assert not [key for key in sums(model.path) if "d" in key[:2]], "nor is it anybody's neighbour"
    assert Generation(model.path).numbering != before
    learn(model, session("w", "b", at=NOON + 4 * MINUTE))
    assert ("d", "b") not in pairs(model)
    assert ("c", "b") in pairs(model), "the session that it was in goes on without it"


def test_whatever_is_thrown_at_a_small_model_it_stays_whole(new_model: NewModel) -> None:
    """Thousands of products and users through a model of 64 and 16."""
    model = new_model(size=Size(products=64, neighbours=4, users=16, events=64))
    for seed in range(10):
        learn(model, random_sessions(seed, users=40, products=1000, prefix=f"{seed}-"))
    book = book_at(model.path)
    named = names(book)
    assert len(named) + book.state[0]["free"] == 64
    assert sorted([*named, *(int(number) for number in book.free[: book.state[0]["free"]])]) == list(range(64))
    products = list(named.values())
    assert [named[int(number)] for number in Generation(model.path).numbers_of(products)] == products
    for number in range(64):
        length = int(book.products[number]["neighbours"])
        row = [int(neighbour) for neighbour in book.neighbours[number]]
        assert set(row[:length]) <= set(named)
        assert len(set(row[:length])) == length
        assert row[length:] == [-1] * (4 - length)
    assert set(book.clicks.ravel()) <= {-1, *named}


def test_ids_of_every_length(model: Model) -> None:
    products = ["x" * length for length in range(1, 129)]
    learn(model, [View("u", product, product, NOON) for product in products])
    assert counts(model.path) == dict.fromkeys(products, 1)
    learn(model, [View("u", "x" * 129, "long", NOON)])
    assert counts(model.path) == dict.fromkeys(products, 1), "no event may have such an id"


def test_an_id_with_a_line_feed_is_refused_before_anything_is_learned(model: Model) -> None:
    with pytest.raises(ValueError, match="line feed"):
        model.learn(Events(["u", "u"], ["a", "b\nc"], ["1", "2"], [NOON, NOON]))
    assert model.counts["learned"] == 0


def test_years_of_views_overflow_nothing(model: Model) -> None:
    first = Generation(model.path).number
    for year in range(12):
        learn(model, session(f"u{year}", "a b", at=NOON + year * 365 * DAY))
        book = book_at(model.path)
        assert 0 < max(book.forward.max(), book.products["recent"].max(), book.recent.max()) < 1e25
    assert Generation(model.path).number > first, "the landmarks move in a new generation"
    assert [ranked.product for ranked in Generation(model.path).rank(["a"])] == ["b"]
    assert counts(model.path) == {"a": 12, "b": 12}


def test_moving_the_landmarks_changes_no_answer(new_model: NewModel) -> None:
    model = new_model()
    learn(model, by_time(random_sessions(3, users=40)))
    before = Generation(model.path)
    answer = before.rank(["p1", "p2"])
    model._move_landmarks(1, 7)
    after = Generation(model.path)
    assert after.number == before.number + 1
    assert [ranked.product for ranked in after.rank(["p1", "p2"])] == [ranked.product for ranked in answer]
    assert _scores(after.rank(["p1", "p2"])) == pytest.approx(_scores(answer), abs=1e-5)
    learn(model, session("z", "p1 p2", at=NOON + 61 * DAY))
    assert after.rank(["p1"]), "learning goes on in the new generation"


def test_views_of_one_batch_may_lie_years_apart(model: Model) -> None:
    learn(model, [*session("u", "a b", at=NOON - 3650 * DAY), *session("v", "a c", at=NOON)])
    products, features = Generation(model.path).features(["a"])
    assert products == ["c", "b"], "by what is viewed together now"
    assert np.isfinite(features).all()


def test_a_second_learner_is_refused(tmp_path: Path) -> None:
    first = Model.open(tmp_path, SMALL)
    with pytest.raises(ModelFileError, match="another learner"):
        Model.open(tmp_path, SMALL)
    first.close()
    Model.open(tmp_path, SMALL).close()


def _scores(ranked: list[Ranked]) -> list[float]:
    return [each.score for each in ranked]
