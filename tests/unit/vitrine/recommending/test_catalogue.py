from datetime import UTC, datetime
from decimal import Decimal

from vitrine.recommending import Catalogue, Product


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC).replace(tzinfo=None)


def test_the_newest_come_first_then_by_product_id() -> None:
    rows = [("d", "A", None), ("b", "A", day(2)), ("e", None, day(3)), ("a", "A", day(2)), ("c", "A", None)]
    catalogue = Catalogue.of(Product(*row) for row in rows)
    assert catalogue.newest == ["e", "a", "b", "c", "d"]
    assert catalogue.categories == {"a": "A", "b": "A", "c": "A", "d": "A", "e": None}


def test_arrays_are_in_the_order_of_products() -> None:
    catalogue = Catalogue.of(
        [
            Product("a", "A", day(1), Decimal("1.50"), True),
            Product("b", "B", day(3), None, False),
            Product("c", None, day(2), Decimal(2), None),
        ]
    )
    assert catalogue.newest == ["b", "c", "a"]
    assert catalogue.places == {"b": 0, "c": 1, "a": 2}
    assert str(catalogue.prices.tolist()) == "[nan, 2.0, 1.5]"
    assert catalogue.in_stock.tolist() == [False, True, True], "without a word, it is in stock"
    numbers = catalogue.category_numbers
    assert catalogue.category_of.tolist() == [numbers["B"], -1, numbers["A"]]
