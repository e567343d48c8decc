from datetime import UTC, datetime

from vitrine.recommending import Catalogue
from vitrine.recommending.assortment import NEWEST_HELD


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC).replace(tzinfo=None)


def test_the_newest_come_first_then_by_product_id() -> None:
    rows = [("d", "A", None), ("b", "A", day(2)), ("e", None, day(3)), ("a", "A", day(2)), ("c", "A", None)]
    catalogue = Catalogue.of(rows)
    assert catalogue.newest == ["e", "a", "b", "c", "d"]
    assert catalogue.categories == {"a": "A", "b": "A", "c": "A", "d": "A", "e": None}


def test_of_a_large_catalogue_enough_of_the_newest_are_held() -> None:
    catalogue = Catalogue.of([(f"product-{number:04}", "A", day(1)) for number in range(1000)])
    assert catalogue.newest == [f"product-{number:04}" for number in range(NEWEST_HELD)]
    assert len(catalogue.categories) == 1000
