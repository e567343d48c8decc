import pytest

from vitrine.events import Context, ProductView, Properties
from vitrine.storage import ViewRow, view_row
from vitrine.storage.driver.packed import value

NOW = 1_800_000_000.0
DAY = 86_400.0
VIEW = ProductView("ProductView", "m-1", "user-78", Properties("product-173"), Context("Küche"))


def numbers(row: ViewRow | None) -> tuple[int, ...]:
    """Time in ms, write time in µs, TTL in s."""
    assert row is not None
    return tuple(int.from_bytes(value(row, index)) for index in (1, 5, 6))


def test_the_values_of_a_row() -> None:
    row = view_row(VIEW, time=NOW - 10, now=NOW, retention_seconds=DAY)
    assert row is not None
    texts = [value(row, index) for index in (0, 2, 3, 4)]
    assert texts == [b"user-78", b"m-1", b"product-173", "Küche".encode()]


def test_write_time_and_ttl_follow_from_the_views_own_time() -> None:
    row = view_row(VIEW, time=NOW - 10.0006, now=NOW, retention_seconds=DAY)
    assert numbers(row) == (round((NOW - 10.001) * 1000), round((NOW - 10.001) * 1000) * 1000, DAY - 11)


@pytest.mark.parametrize(("age", "ttl"), [(0, DAY), (-300, DAY + 300), (DAY - 1, 1)])
def test_the_ttl_counts_from_the_views_own_time(age: float, ttl: float) -> None:
    assert numbers(view_row(VIEW, time=NOW - age, now=NOW, retention_seconds=DAY))[2] == ttl


@pytest.mark.parametrize("age", [DAY - 0.5, DAY, DAY + 1, 100 * 365 * DAY])
def test_what_is_older_than_the_retention_is_no_row(age: float) -> None:
    assert view_row(VIEW, time=NOW - age, now=NOW, retention_seconds=DAY) is None
