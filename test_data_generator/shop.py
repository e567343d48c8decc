"""The made-up shop: its catalogue, and its users with their tastes.

Whatever is generated comes from one Shop, so that the parts fit together by their keys. Each aspect draws
from a random stream of its own: a new aspect leaves the others as they were.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isqrt
from random import Random

from faker import Generator

from test_data_generator.product_names import ProductNameProvider
from test_data_generator.product_prices import ProductPriceProvider
from test_data_generator.weighted import Weighted, power_law


@dataclass(frozen=True, slots=True)
class Product:
    """One product; `popularity` is its weight among all products."""

    productid: str
    categoryid: str
    name: str
    price: Decimal
    popularity: float


@dataclass(frozen=True, slots=True)
class User:
    """One user; `activity` is their weight among all users, `taste` their categories, favourite first."""

    userid: str
    activity: float
    taste: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """A catalogue and its users. Every category named by a user's taste has at least one product."""

    products: tuple[Product, ...]
    users: tuple[User, ...]


def make_shop(*, users: int, products: int, seed: int) -> Shop:
    """A shop of `users` users and `products` products, one at least; the same arguments, the same shop.

    user-1 is the most active user, user-2 the next. Popularity is spread over the product ids at random.
    """
    catalogue = _catalogue(products, seed)
    return Shop(products=catalogue, users=_users(users, catalogue, seed))


def category_popularity(products: tuple[Product, ...]) -> dict[str, float]:
    """The popularity of each category: that of its products together."""
    popularity: dict[str, float] = {}
    for product in products:
        popularity[product.categoryid] = popularity.get(product.categoryid, 0.0) + product.popularity
    return popularity


def given_catalogue(categories: Mapping[str, str], *, seed: int) -> tuple[Product, ...]:
    """Products of which only the id and the category are known: names and prices by seed, all equally popular."""
    described = _Described(seed)
    numbers: dict[str, int] = {}
    return tuple(
        described.product(productid, categoryid, numbers.setdefault(categoryid, len(numbers) + 1), 1.0)
        for productid, categoryid in categories.items()
    )


def shelves(products: Iterable[Product]) -> dict[str, Weighted[str]]:
    """The product ids of each category, by popularity."""
    by_category: dict[str, list[Product]] = {}
    for product in products:
        by_category.setdefault(product.categoryid, []).append(product)
    return {
        categoryid: Weighted([product.productid for product in shelf], [product.popularity for product in shelf])
        for categoryid, shelf in by_category.items()
    }


class _Described:
    """Products with names and prices, which are drawn in the order of the calls."""

    def __init__(self, seed: int) -> None:
        self._names = ProductNameProvider(_generator(f"{seed}/names"))
        self._prices = ProductPriceProvider(_generator(f"{seed}/prices"))

    def product(self, productid: str, categoryid: str, category_number: int, popularity: float) -> Product:
        name = self._names.product_name(category_number)
        price = self._prices.product_price(category_number)
        return Product(productid, categoryid, name, price, popularity)


def _generator(seed: str) -> Generator:
    generator = Generator()
    generator.seed_instance(seed)
    return generator


def _catalogue(count: int, seed: int) -> tuple[Product, ...]:
    popularity = power_law(count, exponent=0.8)
    Random(f"{seed}/popularity").shuffle(popularity)
    described = _Described(seed)
    return tuple(
        described.product(f"product-{number}", f"category-{category}", category, weight)
        for number, (category, weight) in enumerate(
            zip(_category_numbers(count, seed), popularity, strict=True), start=1
        )
    )


def _category_numbers(count: int, seed: int) -> list[int]:
    """The category of each product. About as many categories as products in each; some larger than others."""
    random = Random(f"{seed}/categories")
    numbers = range(1, isqrt(count) + 1)
    by_size = Weighted(numbers, power_law(len(numbers), exponent=0.5))
    return [*numbers, *(by_size.draw(random) for _ in range(count - len(numbers)))]


def _users(count: int, catalogue: tuple[Product, ...], seed: int) -> tuple[User, ...]:
    random = Random(f"{seed}/tastes")
    popularity = category_popularity(catalogue)
    categories = Weighted(list(popularity), popularity.values())
    return tuple(
        User(f"user-{number}", activity, _taste(categories, random))
        for number, activity in enumerate(power_law(count, exponent=0.5), start=1)
    )


def _taste(categories: Weighted[str], random: Random) -> tuple[str, ...]:
    """One to four categories."""
    return tuple(dict.fromkeys(categories.draw(random) for _ in range(random.randint(2, 4))))
