import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.events import Context, ProductView, Properties
from vitrine.storage import ViewRow, view_row
from vitrine.storage.driver.packed import UNSET, pack, value

NOW = 1_800_000_000.0
DAY = 86_400.0
VIEW = ProductView("ProductView", "m-1", "user-78", Properties("product-173"), Context("Küche"))


def numbers(row: ViewRow | None) -> tuple[int, ...]:
    """Time in ms, write time in µs, TTL in s; of a view that counts, in whose place for what does not there is none."""
    assert row is not None
    before, _, after = row.partition(UNSET)
    return int.from_bytes(value(before, 1)), int.from_bytes(after[4:12]), int.from_bytes(after[16:])


def test_the_values_of_a_row() -> None:
    row = view_row(VIEW, time=NOW - 10, now=NOW, retention_seconds=DAY)
    assert row is not None
    texts = [value(row, index) for index in (0, 2, 3, 4)]
    assert texts == [b"user-78", b"m-1", b"product-173", "Küche".encode()]


@given(st.lists(st.text(max_size=40), min_size=4, max_size=4), st.integers(0, 2_000_000_000_000))
def test_a_row_is_packed_as_any_other(texts: list[str], milliseconds: int) -> None:
    user, message, product, source = texts
    view = ProductView("ProductView", message, user, Properties(product), Context(source))
    time = milliseconds / 1000
    numbers = [number.to_bytes(size) for number, size in ((milliseconds, 8), (milliseconds * 1000, 8), (86_400, 4))]
    texts_and_time = [user.encode(), numbers[0], message.encode(), product.encode(), source.encode()]
    made = view_row(view, time=time, now=time, retention_seconds=DAY + 0.5, is_uncounted=True)
    assert made == pack([*texts_and_time, b"\x01", *numbers[1:]])
    values = 8
    counted = pack(texts_and_time)[2:] + UNSET + pack(numbers[1:])[2:]
    assert view_row(view, time=time, now=time, retention_seconds=DAY + 0.5) == values.to_bytes(2) + counted


def test_write_time_and_ttl_follow_from_the_views_own_time() -> None:
    row = view_row(VIEW, time=NOW - 10.0006, now=NOW, retention_seconds=DAY)
    assert numbers(row) == (round((NOW - 10.001) * 1000), round((NOW - 10.001) * 1000) * 1000, DAY - 11)


@pytest.mark.parametrize(("age", "ttl"), [(0, DAY), (-300, DAY + 300), (DAY - 1, 1)])
def test_the_ttl_counts_from_the_views_own_time(age: float, ttl: float) -> None:
    assert numbers(view_row(VIEW, time=NOW - age, now=NOW, retention_seconds=DAY))[2] == ttl


@pytest.mark.parametrize("age", [DAY - 0.5, DAY, DAY + 1, 100 * 365 * DAY])
def test_what_is_older_than_the_retention_is_no_row(age: float) -> None:
    assert view_row(VIEW, time=NOW - age, now=NOW, retention_seconds=DAY) is None
