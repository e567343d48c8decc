"""Each filter: what it keeps, what it drops, that a narrow one fills an answer, that nothing left is no error."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.vitrine.recommending.small_shop import NOW, taught, views
from vitrine.learning import Period
from vitrine.recommending import (
    LIMIT_MAXIMUM,
    Assortment,
    BestSellerLists,
    Catalogue,
    Filters,
    History,
    Learned,
    Product,
    recommend,
    similar,
    trending,
)

SIZE = 1000
# Product n costs n + 0.99, is of category n % 5, in stock unless n % 10 is 7; all of category-rare stand far behind.
PRODUCTS = {f"p{number}": number for number in range(SIZE)}
RARE = {f"rare{number}": number for number in range(12)}


def _product(name: str, number: int) -> Product:
    category = "category-rare" if name in RARE else f"category-{number % 5}"
    return Product(name, category, None, Decimal(number) + Decimal("0.99"), number % 10 != 7)


CATALOGUE = Catalogue.of(_product(name, number) for name, number in (PRODUCTS | RARE).items())
BEST = BestSellerLists(
    "2026-10",
    [f"p{number}" for number in range(200)],
    {f"category-{number}": [f"p{each}" for each in range(number, 150, 5)] for number in range(5)},
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Assortment:
    """The model holds 40 products, each viewed after p0."""
    sessions = [f"p0 p{number}" for number in range(500, 540)]
    return Assortment(CATALOGUE, BEST, taught(tmp_path_factory.mktemp("model"), *sessions, catalogue=CATALOGUE))


def shown(shop: Assortment, filters: Filters, *, limit: int = 10, seen: str = "p0") -> list[str]:
    found = recommend(History(views(seen), NOW), shop, limit=limit, filters=filters)
    return [each.product for each in found]


def number_of(product: str) -> int:
    return (PRODUCTS | RARE)[product]


def test_learned_products_come_first_whatever_the_filter(shop: Assortment) -> None:
    found = recommend(History(views("p0"), NOW), shop, limit=10, filters=Filters(category="category-3"))
    assert {each.product for each in found[:8]} == {f"p{number}" for number in range(503, 540, 5)}
    assert {each.source for each in found[:8]} == {"viewed-together"}
    assert [each.product for each in found[8:]] == ["p3", "p8"]
    assert {each.reason for each in found[8:]} == {"best seller in category-3"}


def test_a_category_far_behind_fills_ten(shop: Assortment) -> None:
    found = shown(shop, Filters(category="category-rare"))
    assert len(set(found)) == 10
    assert set(found) <= RARE.keys()


@pytest.mark.parametrize("limit", [10, LIMIT_MAXIMUM])
def test_prices_are_inclusive_and_fill_an_answer(shop: Assortment, limit: int) -> None:
    found = shown(shop, Filters(price_from=800.99, price_to=870.99), limit=limit)
    assert len(set(found)) == limit
    assert all(800 <= number_of(product) <= 870 for product in found)
    assert set(shown(shop, Filters(price_from=800.99, price_to=801.99))) == {"p800", "p801"}
    assert shown(shop, Filters(price_from=801, price_to=801.98)) == []


def test_a_product_without_a_price_is_not_within_one(shop: Assortment) -> None:
    catalogue = Catalogue.of([Product("free", "A", None, Decimal(0)), Product("unknown", "A")])
    assert shown(Assortment(catalogue), Filters(price_from=0)) == ["free"]
    assert shown(Assortment(catalogue), Filters(price_to=100)) == ["free"]
    assert len(shown(shop, Filters(price_from=0))) == 10


def test_what_is_sold_out_is_left_out_unless_it_is_asked_for(shop: Assortment) -> None:
    assert "p507" not in shown(shop, Filters(), limit=50)
    assert "p507" in shown(shop, Filters(in_stock=False), limit=50)
    sold_out = Assortment(Catalogue.of([Product("gone", in_stock=False)]))
    assert shown(sold_out, Filters()) == []
    assert shown(sold_out, Filters(in_stock=False)) == ["gone"]


def test_excluded_products_make_room(shop: Assortment) -> None:
    first = shown(shop, Filters(), limit=50)
    second = shown(shop, Filters(exclude=frozenset(first)))
    assert len(set(second)) == 10
    assert not set(first) & set(second)
    assert shown(shop, Filters(exclude=frozenset(["unknown"]))) == first[:10]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_of_a_category_than_asked_for(shop: Assortment, most: int) -> None:
    found = shown(shop, Filters(max_per_category=most))
    of_each = [CATALOGUE.categories[product] for product in found]
    assert {of_each.count(category) for category in set(of_each)} == {most} or len(found) == 10
    assert len(found) == min(10, 6 * most)
    assert max(of_each.count(category) for category in of_each) == most


def test_filters_work_together(shop: Assortment) -> None:
    asked = Filters("category-2", frozenset(["p512"]), price_from=500, price_to=540, max_per_category=3)
    found = shown(shop, asked)
    assert len(found) == 3
    assert all(number_of(product) % 5 == 2 and number_of(product) % 10 != 7 for product in found)
    assert "p512" not in found
    assert shown(shop, replace(asked, category="category-none")) == []


def test_what_was_viewed_lately_still_comes_last(shop: Assortment) -> None:
    found = shown(shop, Filters(category="category-rare"), limit=50, seen=" ".join(list(RARE)[:5]))
    assert set(found[-5:]) == set(list(RARE)[:5])
    assert len(found) == 11, "one is sold out"


def test_without_a_catalogue_only_what_is_known_can_be_asked_for(shop: Assortment) -> None:
    assert shop.learned
    without = Assortment(learned=Learned.of(shop.learned.generation, Catalogue()))
    assert len(shown(without, Filters())) == 10
    assert "p500" not in shown(without, Filters(exclude=frozenset(["p500"])), limit=50)
    assert shown(without, Filters(category="category-1")) == []
    assert shown(without, Filters(price_to=10)) == []


def test_similar_products_are_never_the_product_itself(shop: Assortment) -> None:
    found = similar("p503", shop, limit=50)
    assert found
    reasons = {each.product: each.reason for each in found}
    assert reasons["p0"] == "viewed together with p503"
    assert "p503" not in reasons
    everything = similar("rare0", shop, limit=50)
    assert everything
    assert [each.source for each in everything] == ["same-category"] * 10
    assert {each.product for each in everything} == RARE.keys() - {"rare0", "rare7"}
    assert similar("rare0", shop, limit=10, filters=Filters(category="category-1")) == []


def test_a_product_that_only_the_model_knows_has_similar_ones(tmp_path: Path) -> None:
    assortment = Assortment(CATALOGUE, BEST, taught(tmp_path, "new p1", catalogue=CATALOGUE))
    assert [each.product for each in similar("new", assortment, limit=10) or []] == ["p1"]
    assert similar("never seen", assortment, limit=10) is None
    assert similar("never seen", Assortment(CATALOGUE, BEST), limit=10) is None


def test_without_a_model_best_sellers_trend(shop: Assortment) -> None:
    found = trending(Period.DAY, Assortment(CATALOGUE, BEST), limit=10)
    assert [each.source for each in found] == ["best-sellers"] * 10
    filtered = trending(Period.DAY, shop, limit=10, filters=Filters(category="category-rare"))
    assert {each.product for each in filtered} <= RARE.keys()
    assert len(filtered) == 10
