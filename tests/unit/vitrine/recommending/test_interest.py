import pytest

from tests.unit.vitrine.recommending.small_shop import CATALOGUE, DAY, NOW, views
from vitrine.recommending.interest import HALF_LIFE_SECONDS, Interest, interests


def of(seen: list[tuple[str, float]]) -> list[Interest]:
    return interests(seen, CATALOGUE.categories, now=NOW)


def test_no_views_no_interest() -> None:
    assert of([]) == []


def test_more_views_weigh_more() -> None:
    assert of(views("b1 a1 a2 a1 b2")) == [Interest("A", 3.0, 3), Interest("B", 2.0, 2)]


def test_a_view_weighs_half_after_each_half_life() -> None:
    seen = [*views("b1", age=0), *views("a1 a2 a3", age=2 * HALF_LIFE_SECONDS)]
    assert of(seen) == [Interest("B", 1.0, 1), Interest("A", 0.75, 3)]


def test_three_categories_count() -> None:
    seen = views("z1 x1 x2 c1 c1 c1 b1 b1 b1 b1")
    assert [interest.category for interest in of(seen)] == ["B", "C", "X"]


def test_equal_weights_are_ordered_by_category() -> None:
    assert [interest.category for interest in of(views("z1 c1 a1 b1"))] == ["A", "B", "C"]


def test_unknown_products_count_for_nothing() -> None:
    assert of(views("unknown a1 gone")) == [Interest("A", 1.0, 1)]


def test_a_product_without_category_counts_for_nothing() -> None:
    assert interests(views("a1 a2"), {"a1": None, "a2": "A"}, now=NOW) == [Interest("A", 1.0, 1)]


@pytest.mark.parametrize("age", [-300.0, 0.0])
def test_a_clock_that_runs_ahead_gains_nothing(age: float) -> None:
    assert of(views("a1", age=age)) == [Interest("A", 1.0, 1)]


def test_a_view_at_the_end_of_the_retention_still_counts() -> None:
    (interest,) = of(views("a1", age=90 * DAY))
    assert 0 < interest.weight < 0.001
