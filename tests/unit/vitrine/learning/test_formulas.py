"""What is learned and how it is read: by hand, and against plain Python on random streams."""

import math
from collections import defaultdict

import pytest

from tests.unit.vitrine.learning.reference import DAILY, HOURLY, LONG, RECENT, Reference
from tests.unit.vitrine.learning.small_model import (
    DAY,
    MIDNIGHT,
    MINUTE,
    NOON,
    View,
    by_time,
    counts,
    fades,
    learn,
    random_sessions,
    session,
    sums,
)
from vitrine.learning import LARGE, Generation, Model, Period, Wanted


def reference_of(views: list[View]) -> Reference:
    reference = Reference(MIDNIGHT)
    sessions: defaultdict[str, list[str]] = defaultdict(list)
    for view in views:
        reference.learn(sessions[view.user], view.product, view.time)
        sessions[view.user].append(view.product)
    return reference


def test_a_pair_by_hand(model: Model) -> None:
    """At the landmark a click weighs 1; b is the second click of its session, so that u = 2 ** -0.1."""
    learn(model, [View("u", "a", "1", MIDNIGHT), View("u", "b", "2", MIDNIGHT)])
    u = 2**-0.1
    found = {name: value for name, value in sums(model.path).items() if value}
    assert found == pytest.approx(
        {
            ("a", "b", "forward"): u,
            ("b", "a", "backward"): u,
            ("a", "b", "recent"): u,
            ("b", "a", "recent"): 0.6 * u,
            ("a", "pairs_long"): u,
            ("a", "pairs_recent"): u,
            ("b", "pairs_long"): 0.6 * u,
            ("b", "pairs_recent"): 0.6 * u,
            **{(product, column): 1.0 for product in "ab" for column in ("long", "recent")},
            ("", "total_long"): 2.0,
            ("", "total_recent"): 2.0,
        }
    )


def test_a_click_two_back_counts_less_by_hand(model: Model) -> None:
    learn(model, [View("u", product, product, MIDNIGHT) for product in "abc"])
    assert sums(model.path)["a", "c", "forward"] == pytest.approx(math.exp(-0.5) * 3**-0.1)


def test_a_click_counts_twice_as_much_a_half_life_later(model: Model) -> None:
    learn(model, [View("u", "a", "1", MIDNIGHT + RECENT * DAY), View("v", "b", "2", MIDNIGHT + LONG * DAY)])
    assert sums(model.path)["a", "recent"] == pytest.approx(2.0)
    assert sums(model.path)["b", "long"] == pytest.approx(2.0)


def test_sums_are_those_of_plain_python(model: Model) -> None:
    views = random_sessions(1, users=60)
    learn(model, views)
    reference = Reference(MIDNIGHT)
    sessions: defaultdict[str, list[str]] = defaultdict(list)
    for view in views:
        reference.learn(sessions[view.user], view.product, view.time)
        sessions[view.user].append(view.product)
    found = sums(model.path)
    for name in ("forward", "backward", "recent"):
        expected = {(*pair, name): value for pair, value in getattr(reference, name).items() if value}
        assert {key: value for key, value in found.items() if key[-1] == name and value and len(key) == 3} == (
            pytest.approx(expected, rel=1e-4)
        )
    assert {key[0]: value for key, value in found.items() if key[1:] == ("pairs_recent",)} == pytest.approx(
        {product: reference.pairs_recent[product] for product in reference.popularity}, rel=1e-4
    )
    assert {key[0]: value for key, value in found.items() if key[1:] == ("long",)} == pytest.approx(
        dict(reference.popularity), rel=1e-4
    )
    assert counts(model.path) == {product: len(times) for product, times in reference.times.items()}


@pytest.mark.parametrize("in_order", [True, False])
def test_popularities_of_a_day_and_of_an_hour_also_of_late_views(model: Model, in_order: bool) -> None:
    views = random_sessions(2, users=30)
    learn(model, by_time(views) if in_order else views)
    reference = reference_of(by_time(views))
    expected = {
        (product, name): reference.clicks_within(product, half_life)
        for product in reference.times
        for name, half_life in (("day", DAILY), ("hour", HOURLY))
    }
    assert fades(model.path) == pytest.approx(expected, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_candidates_and_their_order_are_those_of_plain_python(model: Model, seed: int) -> None:
    views = by_time(random_sessions(seed, users=50, products=60))
    learn(model, views)
    reference = reference_of(views)
    generation = Generation(model.path)
    for history in (["p1"], ["p2", "p30"], [view.product for view in views[-60:]]):
        expected = reference.ranked(history)
        found = {ranked.product: ranked.score for ranked in generation.rank(history)}
        assert found == pytest.approx(expected, abs=2e-3)
        products, features = generation.features(history)
        scores = reference.scores(history)
        for product, row in zip(products, features, strict=True):
            three = (row[LARGE.index("score")], row[LARGE.index("two")], row[LARGE.index("two_newest")])
            assert three == pytest.approx(scores[product], rel=1e-3, abs=1e-6)


def test_what_scores_by_hand(model: Model) -> None:
    """a is seen with b in one session, b with c in another: after a comes b, and c in two steps."""
    learn(model, [*session("u", "a b", at=NOON), *session("v", "b c", at=NOON)])
    products, features = Generation(model.path).features(["a"])
    assert products == ["b", "c"]
    v = 2 * 2**-0.1  # forward and recent, at the time of the newest click but for a few minutes
    score = features[0][LARGE.index("score")]
    assert score == pytest.approx(v**0.75 / v**0.4, rel=1e-2), "R(a) is v(a, b), as b is all that follows a"
    assert features[1][LARGE.index("two")] == pytest.approx(score * v / (1.6 * v), rel=1e-2)
    assert features[1][LARGE.index("two_newest")] == pytest.approx(1 / 1.6, rel=1e-2), "R(b) = v + 0.6 v"


def test_where_a_product_stands_in_the_history_by_hand(model: Model) -> None:
    """Only a list that may repeat has products that stand there."""
    learn(model, [*session("u", "a b", at=NOON), *session("v", "b c", at=NOON)])
    generation = Generation(model.path)
    columns = [LARGE.index("position"), LARGE.index("clicks")]
    products, features = generation.features(["b", "a", "b", "b"], Wanted(may_repeat=True))
    found = {product: row[columns].tolist() for product, row in zip(products, features, strict=True)}
    assert found == {"b": [0, 3], "a": [1, 1], "c": [-1, 0]}
    products, features = generation.features(["b", "a", "b", "b"])
    assert [(product, *row[columns]) for product, row in zip(products, features, strict=True)] == [("c", -1, 0)]


@pytest.mark.parametrize(
    ("period", "short", "long"),
    [(Period.HOUR, HOURLY, DAILY), (Period.DAY, DAILY, RECENT), (Period.WEEK, RECENT, LONG)],
)
def test_what_rises_is_that_of_plain_python(model: Model, period: Period, short: float, long: float) -> None:
    views = by_time([*random_sessions(5, users=80), *session("z", "p9 p9 p9 p7 p7", at=NOON + 60 * DAY)])
    learn(model, views)
    reference = reference_of(views)
    expected = {product: reference.rises(product, short, long) for product in reference.times}
    found = Generation(model.path).rising(period)
    assert {each.product: each.rise for each in found} == pytest.approx(
        {product: rise for product, rise in expected.items() if rise > 0}, rel=1e-2
    )
    assert [each.rise for each in found] == sorted((each.rise for each in found), reverse=True)


def test_what_rises_is_not_what_is_big(model: Model) -> None:
    big = [view for day in range(20) for n in range(20) for view in session(f"{day}-{n}", "big", at=NOON + day * DAY)]
    news = [view for n in range(6) for view in session(f"n{n}", "news", at=NOON + 19 * DAY + n * MINUTE)]
    learn(model, by_time([*big, *news]))
    generation = Generation(model.path)
    assert [each.product for each in generation.rising(Period.DAY)] == ["news"]
    mask = generation.mask_of(["big"])
    assert generation.rising(Period.DAY, Wanted(allowed=mask)) == []


def test_a_history_may_come_again_where_that_is_wanted(model: Model) -> None:
    learn(model, [*session("u", "a b a c"), *session("v", "a c")])
    generation = Generation(model.path)
    assert {ranked.product for ranked in generation.rank(["a", "c"])} == {"b"}
    assert {ranked.product for ranked in generation.rank(["a", "c"], Wanted(may_repeat=True))} == {"a", "b", "c"}
