from datetime import UTC, datetime
from decimal import Decimal
from itertools import compress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_category_holds_what_is_part_of_it() -> None:
    catalogue = Catalogue.of(
        [Product("a", "Home"), Product("b", "Home > Lamps"), Product("c", "Home > Lamps > Desk"), Product("d", "Homes")]
    )

    def of(category: str) -> list[str]:
        return list(compress(catalogue.newest, catalogue.of_category(category)))

    assert of("Home") == ["a", "b", "c"]
    assert of("Home > Lamps") == ["b", "c"]
    assert of("Home > Lamps > Desk") == ["c"]
    assert of("Homes") == ["d"]
    assert of("Lamps") == of("Home >") == []


def test_a_product_is_offered_in_its_time_alone() -> None:
    spring = Product("spring", available_from=day(10), available_to=day(20))
    catalogue = Catalogue.of([Product("always"), spring, spring._replace(productid="sold-out", in_stock=False)])

    def at(number: int, *, seconds: int = 0) -> tuple[list[bool], list[bool]]:
        moment = day(number).replace(tzinfo=UTC).timestamp() + seconds
        then = catalogue.at(moment)
        assert then.at(moment) is then
        return then.offered.tolist(), then.in_stock.tolist()

    before = ([True, False, False], [True, False, False])
    within = ([True, True, True], [True, False, True])
    assert catalogue.newest == ["always", "sold-out", "spring"]
    assert at(10, seconds=-1) == before
    assert at(10) == within
    assert at(20, seconds=-1) == within
    assert at(20) == before


def test_a_moment_that_changes_nothing_makes_no_other_catalogue() -> None:
    catalogue = Catalogue.of([Product("a"), Product("b", available_to=day(20))]).at(1.0)
    assert catalogue.at(2.0) is catalogue
    assert catalogue.at(day(21).replace(tzinfo=UTC).timestamp()) is not catalogue


def test_stock_and_price_leave_the_listing_as_it_is() -> None:
    catalogue = Catalogue.of([Product("a", "A", day(1)), Product("b", "B", day(2))])
    changed = catalogue.changed({"a": Product("a", "A", day(1), Decimal(3), in_stock=False)})
    assert changed.listing is catalogue.listing
    assert changed.in_stock.tolist() == [True, False]
    assert changed.prices[1] == 3
    assert catalogue.in_stock.tolist() == [True, True], "the one before is what it was"


PRODUCTS = st.builds(
    Product,
    st.sampled_from("abcdefgh"),
    st.sampled_from([None, "A", "A > B", "C"]),
    st.sampled_from([None, day(1), day(2), day(3)]),
    st.sampled_from([None, Decimal(1), Decimal("2.50")]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, day(1), day(5)]),
    st.sampled_from([None, day(6), day(9)]),
)
STATES = st.dictionaries(st.sampled_from("abcdefgh"), PRODUCTS | st.none())


@given(before=STATES, changes=STATES)
def test_what_is_changed_is_what_would_be_read_anew(
    before: dict[str, Product | None], changes: dict[str, Product | None]
) -> None:
    named = {name: product and product._replace(productid=name) for name, product in before.items()}
    changed = {name: product and product._replace(productid=name) for name, product in changes.items()}
    now = day(5).replace(tzinfo=UTC).timestamp()
    result = Catalogue.of(filter(None, named.values())).at(now).changed(changed).at(now)
    expected = Catalogue.of(filter(None, {**named, **changed}.values())).at(now)
    assert result.newest == expected.newest
    assert result.categories == expected.categories
    assert result.places == expected.places
    for array in ("prices", "stocked", "spans", "offered", "in_stock"):
        np.testing.assert_array_equal(getattr(result, array), getattr(expected, array))
    for category in ("A", "A > B", "B", "C"):
        np.testing.assert_array_equal(result.of_category(category), expected.of_category(category))
