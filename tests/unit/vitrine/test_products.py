"""Which products keep the rules, and what is said of the others."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.errors import InvalidProductError
from vitrine.products import CatalogueProduct, category_name, check

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADDRESS = "https://shop.example/lamp"


def product(**fields: Any) -> CatalogueProduct:  # noqa: ANN401 - any field's
    return CatalogueProduct(**{"productid": "lamp-1", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "x" * 500},
        {"title": "Lámpara 灯 💡"},
        *({"price": Decimal(text)} for text in ("0", "0.0001", "999999999999.9999", "15.00", "1E+2")),
        {"currency": "EUR"},
        {"in_stock": False},
        {"category": ["Home & Garden"] + ["x" * 100] * 9},
        {"category": ["Over>size", ">5 kg"]},
        *({"url": text, "image": text} for text in (ADDRESS, "HTTP://x", "https://shop.example:8443/é?a=b#c")),
        {"url": ADDRESS + "x" * (2000 - len(ADDRESS))},
        {"brand": "x" * 100},
        {"attributes": {f"a{number}": "" for number in range(50)}},
        {"attributes": {"x" * 64: "x" * 1000, "b": True, "n": -(2**63), "f": 1.5, "l": ["x" * 1000] * 50}},
        {"available_from": NOON, "available_to": NOON + timedelta(microseconds=1)},
        {"created_at": NOON.astimezone(timezone(timedelta(hours=2)))},
    ],
)
def test_what_keeps_the_rules_passes_and_comes_back_out_of_json(fields: dict[str, Any]) -> None:
    whole = product(**fields)
    check(whole)
    assert msgspec.json.decode(msgspec.json.encode(whole), type=CatalogueProduct) == whole


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"productid": "a b"}, "productid: not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -: 'a b'"),
        ({"productid": ""}, "productid: not 1 to 128"),
        ({"title": ""}, "title: not 1 to 500 characters, none of them a control character: ''"),
        ({"title": "x" * 501}, "title: not 1 to 500 characters, none of them a control character: 'xxx"),
        ({"title": "a\0b"}, r"'a\x00b'"),
        ({"title": "a\x9bb"}, "title: not"),
        ({"title": "a\ud800b"}, r"'a\ud800b'"),
        ({"brand": "a\u202eb"}, "brand: not 1 to 100 characters"),
        *(
            (
                {"price": Decimal(text)},
                f"price: not 0 or more, with at most 12 digits before the point and 4 after it: Decimal('{text}')",
            )
            for text in ("-1", "-0", "NaN", "sNaN", "Infinity", "-Infinity", "1000000000000", "0.00001", "1E+999999")
        ),
        *(({"currency": text}, "currency: not three capital letters") for text in ("eur", "EURO", "€", "EU", "ÄÖÜ")),
        ({"category": []}, "category: not 1 to 10 names: []"),
        ({"category": ["x"] * 11}, "category: not 1 to 10 names: ["),
        *(
            ({"category": ["Home", name]}, "category[1]: not 1 to 100 characters")
            for name in ("", "x" * 101, "a > b", "> b", "a >", ">", "a\nb")
        ),
        *(
            ({"image": text}, "image: not an http or https address of at most 2000 characters")
            for text in ("", "//x/y", "javascript:alert(1)", "ftp://x/y", "https://", "https:///x", "https://x/a b")
        ),
        ({"url": "https://x/\ud800"}, "url: not"),
        ({"url": ADDRESS + "x" * 2000}, "url: not an http or https address"),
        ({"attributes": {f"a{number}": 1 for number in range(51)}}, "attributes: not at most 50: {'a0': 1"),
        ({"attributes": {"": 1}}, "attributes: not 1 to 64 characters, none of them a control character: ''"),
        ({"attributes": {"a\nb": 1}}, r"attributes: not 1 to 64 characters, none of them a control character: 'a\nb'"),
        *(
            ({"attributes": {"color": value}}, "attributes.color: not a finite number of 64 bits, a text of at most")
            for value in ("x" * 1001, "a\0", math.nan, math.inf, 2**63, 10**4000, ["x"] * 51, ["x" * 1001], ["\ud800"])
        ),
        ({"available_from": datetime(2026, 11, 26)}, "available_from: not a time with its offset from UTC: "),  # noqa: DTZ001
        ({"created_at": datetime(2026, 11, 26)}, "created_at: not a time with its offset"),  # noqa: DTZ001
        ({"available_from": NOON, "available_to": NOON}, "available_to: not after available_from, 2026-11-26 12:00:00"),
    ],
)
def test_what_breaks_a_rule_is_told_with_field_rule_and_value(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidProductError) as refused:
        check(product(**fields))
    assert reason in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("text", [b'{"productid":"a","colour":1}', b'{"title":"x"}', b'{"productid":"a","price":"x"}'])
def test_what_is_of_another_form_is_not_decoded(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=CatalogueProduct)


def test_a_category_is_named_as_google_does() -> None:
    assert category_name(["Home", "Lighting", "Lamps"]) == "Home > Lighting > Lamps"


paths = st.lists(st.text(alphabet="a> ", min_size=1, max_size=4), min_size=1, max_size=3)


@given(paths, paths)
def test_two_paths_never_have_one_name(first: list[str], second: list[str]) -> None:
    try:
        check(product(category=first))
        check(product(category=second))
    except InvalidProductError:
        return
    assert (category_name(first) == category_name(second)) == (first == second)
