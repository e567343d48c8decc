from typing import Any

import pytest

from vitrine.market.rows import Business, CountyPopulation, Sorting

GOOD: dict[str, Any] = {
    "id": "b-1",
    "name": "Corner Toys",
    "rating": 4.5,
    "review_count": 7,
    "location": {"city": "Juneau", "state": "AK"},
}


def test_what_fits_is_kept_and_unknown_fields_are_noticed() -> None:
    sorting = Sorting(Business, known=("url",))
    assert sorting.fit({**GOOD, "url": "https://…", "menu": []})
    assert (sorting.kept, sorting.rejected, sorting.new_fields) == (1, [], {"menu"})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"id": ""}, "Expected `str` of length >= 1 - at `$.id`"),
        ({"rating": 5.1}, "Expected `float` <= 5.0 - at `$.rating`"),
        ({"rating": None}, "Expected `float`, got `null` - at `$.rating`"),
        ({"review_count": -1}, "Expected `int` >= 0 - at `$.review_count`"),
        ({"location": "Juneau"}, "Expected `object`, got `str` - at `$.location`"),
        ({"coordinates": {"latitude": 91}}, "Expected `float` <= 90.0 - at `$.coordinates.latitude`"),
        ({"categories": [{"alias": "toys"}]}, "Object missing required field `title` - at `$.categories[0]`"),
    ],
)
def test_what_does_not_fit_is_set_aside_with_the_reason(changed: dict[str, Any], reason: str) -> None:
    sorting = Sorting(Business)
    assert not sorting.fit({**GOOD, **changed})
    assert [each.reason for each in sorting.rejected] == [reason]
    assert sorting.kept == 0


def test_numbers_of_the_census_are_texts() -> None:
    row = {"NAME": "Adams County, Ohio", "B01003_001E": "27477", "state": "39", "county": "001"}
    sorting = Sorting(CountyPopulation)
    assert sorting.fit(row)
    assert sorting.take(row).population == 27477
    assert not sorting.fit({**row, "B01003_001E": "-666666666"})
