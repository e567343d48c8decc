"""The made-up shop is consistent by its keys and made from its seed alone."""

from itertools import pairwise

import pytest

from test_data_generator.product_names import KINDS
from test_data_generator.product_prices import TYPICAL_PRICES
from test_data_generator.shop import Shop, category_popularity, given_catalogue, make_shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop(users=200, products=1000, seed=1)


def test_the_same_arguments_make_the_same_shop(shop: Shop) -> None:
    assert make_shop(users=200, products=1000, seed=1) == shop


def test_another_seed_makes_another_shop(shop: Shop) -> None:
    assert make_shop(users=200, products=1000, seed=2) != shop


def test_ids_are_numbered_from_one(shop: Shop) -> None:
    assert [product.productid for product in shop.products] == [f"product-{n}" for n in range(1, 1001)]
    assert [user.userid for user in shop.users] == [f"user-{n}" for n in range(1, 201)]


def test_more_users_leave_the_catalogue_as_it_was(shop: Shop) -> None:
    assert make_shop(users=300, products=1000, seed=1).products == shop.products


def test_every_taste_is_of_categories_that_have_products(shop: Shop) -> None:
    categories = {product.categoryid for product in shop.products}
    assert categories == {f"category-{n}" for n in range(1, 32)}
    for user in shop.users:
        assert 1 <= len(set(user.taste)) == len(user.taste) <= 4
        assert categories.issuperset(user.taste)


def test_few_products_are_popular_and_many_are_rare(shop: Shop) -> None:
    popularity = sorted((product.popularity for product in shop.products), reverse=True)
    assert sum(popularity[:100]) > 0.4 * sum(popularity)
    assert sum(popularity[500:]) < 0.2 * sum(popularity)


def test_the_first_user_is_the_most_active(shop: Shop) -> None:
    assert all(one.activity > next_one.activity for one, next_one in pairwise(shop.users))


def test_a_category_is_as_popular_as_its_products_together(shop: Shop) -> None:
    total = sum(product.popularity for product in shop.products)
    assert sum(category_popularity(shop.products).values()) == pytest.approx(total)


def test_products_of_one_category_are_of_one_kind(shop: Shop) -> None:
    kinds = {(product.categoryid, product.name.split(" ", 1)[1].rsplit(" ", 1)[0]) for product in shop.products}
    assert len(kinds) == 31
    assert {kind for _, kind in kinds} <= set(KINDS)


def test_the_smallest_shop_has_one_product_and_one_user() -> None:
    shop = make_shop(users=1, products=1, seed=1)
    assert [product.categoryid for product in shop.products] == ["category-1"]
    assert [user.taste for user in shop.users] == [("category-1",)]


def test_products_of_one_category_cost_about_the_same(shop: Shop) -> None:
    for product in shop.products:
        kind = product.name.split(" ", 1)[1].rsplit(" ", 1)[0]
        assert 0.2 < float(product.price) / TYPICAL_PRICES[kind] < 5
        assert str(product.price).endswith(".99")


def test_every_kind_has_a_price_and_none_is_below_a_cent() -> None:
    assert set(TYPICAL_PRICES) == set(KINDS)
    assert min(product.price for product in make_shop(users=1, products=20_000, seed=1).products) > 0


def test_given_products_get_names_and_prices_of_the_kind_of_their_category() -> None:
    categories = {"p-1": "toys", "p-2": "food", "p-3": "toys"}
    products = given_catalogue(categories, seed=1)
    assert {product.productid: product.categoryid for product in products} == categories
    assert KINDS[1] in products[0].name and KINDS[2] in products[1].name and KINDS[1] in products[2].name
    assert given_catalogue(categories, seed=1) == products != given_catalogue(categories, seed=2)
