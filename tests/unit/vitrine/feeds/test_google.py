"""What is read out of a feed in each of its forms, and what is said of the rest."""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.errors import InvalidFeedError
from vitrine.feeds import google, unpacking, xml_form
from vitrine.feeds.google import read
from vitrine.feeds.items import Refusal
from vitrine.products import CatalogueProduct, check

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
NAMESPACES = 'xmlns:g="http://base.google.com/ns/1.0" xmlns:c="http://base.google.com/cns/1.0"'
# Columns by their names, with a value or several.
Row = Mapping[str, str | Sequence[str]]
Found = list[CatalogueProduct | Refusal]


def values_of(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def table(rows: Sequence[Row], delimiter: str = "\t") -> bytes:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: max(len(values_of(row.get(name, ""))) for row in rows) for name in names}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([name for name, count in columns.items() for _ in range(count)])
    for row in rows:
        given = {name: [*values_of(row.get(name, "")), *[""] * count] for name, count in columns.items()}
        writer.writerow([each for name, count in columns.items() for each in given[name][:count]])
    return text.getvalue().encode()


def elements(row: Row) -> str:
    return "".join(f"<g:{name}>{escape(each)}</g:{name}>" for name, value in row.items() for each in values_of(value))


def rss(inner: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}\n<rss version="2.0" {NAMESPACES}><channel>\n<title>Shop</title>\n{inner}</channel></rss>'.encode()


def atom(inner: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}><title>Shop</title>{inner}</feed>'.encode()


def forms(rows: Sequence[Row]) -> dict[str, bytes]:
    """The same feed in every form that there is."""
    return {
        "tab": table(rows),
        "comma": table(rows, ","),
        "mark": b"\xef\xbb\xbf" + table(rows),
        "rss": rss("\n".join(f"<item>{elements(row)}</item>" for row in rows)),
        "atom": atom("\n".join(f"<entry>{elements(row)}</entry>" for row in rows)),
        "utf-16": atom("".join(f"<entry>{elements(row)}</entry>" for row in rows)).decode().encode("utf-16"),
        "gzip": gzip.compress(table(rows)),
    }


def found_in(content: bytes) -> Found:
    return list(read(io.BytesIO(content), now=NOW))


def broken(content: bytes) -> tuple[Found, str]:
    """What comes before the error, and what it says."""
    found: Found = []
    with pytest.raises(InvalidFeedError) as error:
        found.extend(read(io.BytesIO(content), now=NOW))
    return found, str(error.value)


def alike(rows: Sequence[Row]) -> Found:
    """What is found in all forms, of which the places differ only."""
    each = {form: found_in(content) for form, content in forms(rows).items()}
    told = {form: [one.reason if isinstance(one, Refusal) else one for one in found] for form, found in each.items()}
    for form, found in told.items():
        assert found == told["tab"], form
    return each["tab"]


def one(**row: str | Sequence[str]) -> CatalogueProduct | Refusal:
    (found,) = alike([{"id": "lamp-1", **row}])
    return found


# ---- the mapping


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({}, {}),
        ({"title": " Brass\n  lamp ", "brand": "Lumen"}, {"title": "Brass lamp", "brand": "Lumen"}),
        ({"title": 'Ø 5", "la" lámpara, 灯 & <b>'}, {"title": 'Ø 5", "la" lámpara, 灯 & <b>'}),
        (
            {"link": "https://x/a?b=1&c=2", "image_link": "http://x/a.png"},
            {"url": "https://x/a?b=1&c=2", "image": "http://x/a.png"},
        ),
        ({"title": "", "brand": " \t"}, {}),
        ({"price": "15.00 USD"}, {"price": Decimal("15.00"), "currency": "USD"}),
        ({"price": "15EUR"}, {"price": Decimal(15), "currency": "EUR"}),
        # The sale is on, or is not.
        ({"price": "15 USD", "sale_price": "9.5 USD"}, {"price": Decimal("9.5"), "currency": "USD"}),
        ({"price": "15 USD", "sale_price": ""}, {"price": Decimal(15), "currency": "USD"}),
        *(
            (
                {"price": "15 USD", "sale_price": "9.5 USD", "sale_price_effective_date": interval},
                {"price": Decimal(price), "currency": "USD"},
            )
            for interval, price in (
                ("2026-11-26T13:00+0100/2026-11-27T00:00Z", "9.5"),
                ("2026-11-26T12:00:01Z / 2026-11-27T00:00Z", "15"),
                ("2026-11-20/2026-11-26T12:00Z", "15"),
                ("2026-11-20/2026-11-27", "9.5"),
            )
        ),
        ({"price": "15 USD", "sale_price_effective_date": "whenever"}, {"price": Decimal(15), "currency": "USD"}),
        *(({"availability": text}, {"in_stock": True}) for text in ("in_stock", "in stock", "In Stock", "backorder")),
        *(({"availability": text}, {"in_stock": False}) for text in ("out_of_stock", "out of stock")),
        (
            {"availability": "preorder", "availability_date": "2026-12-24"},
            {"in_stock": True, "attributes": {"availability_date": "2026-12-24"}},
        ),
        ({"availability": "backorder", "availability_date": "2026-12-24"}, {"in_stock": True}),
        ({"expiration_date": "2026-12-24T01:00+01:00"}, {"available_to": datetime(2026, 12, 24, tzinfo=UTC)}),
        # Categories.
        ({"product_type": "Home > Lamps"}, {"category": ["Home", "Lamps"]}),
        ({"product_type": " Home>Lamps > "}, {"category": ["Home", "Lamps"]}),
        ({"product_type": ["Home > Lamps", "Gifts"]}, {"category": ["Home", "Lamps"]}),
        ({"google_product_category": "Home & Garden > Lighting"}, {"category": ["Home & Garden", "Lighting"]}),
        ({"google_product_category": "594"}, {"attributes": {"google_product_category": "594"}}),
        (
            {"product_type": "Lamps", "google_product_category": "Home > Lighting"},
            {"category": ["Lamps"], "attributes": {"google_product_category": "Home > Lighting"}},
        ),
        # Attributes.
        *(
            ({name: "value"}, {"attributes": {name: "value"}})
            for name in ("color", "size", "gtin", "item_group_id", "custom_label_0", "season_of_the_shop")
        ),
        (
            {"additional_image_link": ["http://x/a", "http://x/b,http://x/c"]},
            {"attributes": {"additional_image_link": ["http://x/a", "http://x/b", "http://x/c"]}},
        ),
        ({"additional_image_link": "http://x/a"}, {"attributes": {"additional_image_link": ["http://x/a"]}}),
        ({"product_highlight": ["Warm", "Dim"]}, {"attributes": {"product_highlight": ["Warm", "Dim"]}}),
        ({"shipping": "US:CA:Ground:5.00 USD", "tax": "US::5:y", "description": "x" * 5000}, {}),
    ],
)
def test_each_field_is_made_of_what_the_feed_says(row: Row, fields: dict[str, Any]) -> None:
    assert one(**row) == CatalogueProduct("lamp-1", **fields)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        *(
            ({"price": text}, f"price: not an amount and a currency such as 15.00 USD: '{text}'")
            for text in ("15,00 EUR", "15.00", "USD 15.00", "1,500.00 USD", "-1 USD", "NaN USD", "15.00 usd", "1e3 USD")
        ),
        (
            {"price": "1 USD", "sale_price": "free"},
            "sale_price: not an amount and a currency such as 15.00 USD: 'free'",
        ),
        *(
            (
                {"sale_price": "1 USD", "sale_price_effective_date": text},
                f"sale_price_effective_date: not an ISO 8601 time: '{wrong}'",
            )
            for text, wrong in (("2026-11-26", ""), ("soon/2026-11-26", "soon"), ("2026-12-24/later", "later"))
        ),
        (
            {"availability": "Sold Out"},
            "availability: not one of in_stock, preorder, backorder, out_of_stock: 'sold_out'",
        ),
        *(
            ({"expiration_date": text}, f"expiration_date: not an ISO 8601 time: '{text}'")
            for text in ("24.12.2026", "9999-12-31T23:59:59-23:59")
        ),
        ({"link": "/lamp"}, "url: not an http or https address of at most 2000 characters: '/lamp'"),
        ({"title": "a\x85b"}, r"title: not 1 to 500 characters, none of them a control character: 'a\x85b'"),
        ({"brand": "x" * 101}, f"brand: not 1 to 100 characters, none of them a control character: '{'x' * 139}…"),
        ({"brand": ["Lumen", "Lux"]}, "brand: not one value: ['Lumen', 'Lux']"),
        ({f"label_{number}": "x" for number in range(51)}, "attributes: not at most 50: "),
        *(
            ({"id": text}, f"id: not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -: '{text}'")
            for text in ("a b", "ä", "x" * 129)
        ),
        ({"id": "", "title": "Lamp"}, "id: not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -: ''"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(row: Row, reason: str) -> None:
    refused = one(**row)
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith(reason[:150])


def test_bad_items_among_good_ones_are_told_by_their_places() -> None:
    rows = [{"id": "a", "price": "1 USD"}, {"id": "b", "price": "1"}, {"id": "c d"}, {"id": "a"}, {"id": "e"}]
    found = alike(rows)
    assert [each for each in found if not isinstance(each, Refusal)] == [
        CatalogueProduct("a", price=Decimal(1), currency="USD"),
        CatalogueProduct("e"),
    ]
    refused = {
        form: [each.place for each in found_in(content) if isinstance(each, Refusal)]
        for form, content in forms(rows).items()
    }
    assert refused["tab"] == refused["gzip"] == ["line 3, id b", "line 4", "line 5, id a"]
    assert refused["rss"] == refused["atom"] == ["item 2, id b", "item 3", "item 4, id a"]
    assert found[3] == Refusal("line 5, id a", "id: an item before it has the same", "a")


def test_no_more_items_are_read_than_ids_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google, "MAX_ITEMS", 2)
    assert len(found_in(table([{"id": "a"}, {"id": "b"}]))) == 2
    found, error = broken(table([{"id": "a"}, {"id": "b"}, {"id": "c"}]))
    assert len(found) == 2
    assert error == "line 4: more than 2 items"


# ---- tables


@pytest.mark.parametrize("heading", ["ID\tImage Link\tc:fit", "g:id\tg:image_link\tc:fit", " id \timage link\tc:fit"])
def test_a_heading_may_be_written_in_several_ways(heading: str) -> None:
    (found,) = found_in(f"{heading}\na\thttp://x/a\tslim\n".encode())
    assert found == CatalogueProduct("a", image="http://x/a", attributes={"c:fit": "slim"})


def test_lines_count_as_an_editor_counts_them() -> None:
    content = b'id\ttitle\r\na\t"Brass\r\nlamp"\r\n\r\n\t\r\nb c\t"x"\r\nd\t5" pipe\r\n"e"\t"5"" pipe"'
    assert found_in(content) == [
        CatalogueProduct("a", title="Brass lamp"),
        Refusal("line 6", "id: not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -: 'b c'"),
        CatalogueProduct("d", title='5" pipe'),
        CatalogueProduct("e", title='5" pipe'),
    ]


def test_what_is_no_row_is_told_and_the_next_line_is_read() -> None:
    content = b'id\ttitle\na\t"Brass" lamp\nb\nc\td\te\nd\t"two\nlines" x\nf\tlast\n'
    *refused, last = found_in(content)
    assert refused == [
        Refusal("line 2", "no row: 'tab' expected after '\"'"),
        Refusal("line 3", "1 values under 2 headings"),
        Refusal("line 4", "3 values under 2 headings"),
        Refusal("lines 5 to 6", "no row: 'tab' expected after '\"'"),
    ]
    assert last == CatalogueProduct("f", title="last")


def test_columns_of_groups_and_without_a_name_are_left_out() -> None:
    (found,) = found_in(b"id\tshipping(country:price)\t\tcolor\na\tUS:5 USD\tx\tred\n")
    assert found == CatalogueProduct("a", attributes={"color": "red"})


@pytest.mark.parametrize(
    ("content", "count", "error"),
    [
        (b"", 0, "it is empty"),
        (b"\xef\xbb\xbf", 0, "line 1: neither XML nor a heading with a column `id`, but ''"),
        (b"\x89PNG\r\n\x1a\n", 0, "line 1, byte 1: not UTF-8"),
        (b"sku\ttitle\na\tb\n", 0, r"line 1: neither XML nor a heading with a column `id`, but 'sku\ttitle\n'"),
        (b'{"id": 1}', 0, "line 1: neither XML nor a heading with a column `id`, but '{\"id\": 1}'"),
        (b'id\t"title\na\tb\n', 0, "line 1: neither XML nor a heading"),
        ("id\ttitle\na\tLamp\nb\tLámpara\n".encode("latin-1"), 1, "line 3, byte 4: not UTF-8"),
        ("id\ttitle\na\tb\n".encode("utf-16"), 0, "line 1, byte 1: not UTF-8"),
        (b"id\ttitle\na\tb\nc", 1, "line 3: cut off: 1 values under 2 headings"),
        (b'id\ttitle\na\tb\nc\t"d\ne', 1, "lines 3 to 4: cut off inside quotes"),
        (b"id\ttitle\na\tb\nc\t" + b"x" * (1 << 20), 1, "line 3: a row of more than 1,048,576 bytes"),
        (b"id\ttitle\na\tb\n" + b'"x\n"\t' * 300_000, 1, "line 3: a row of more than 1,048,576 bytes"),
    ],
)
def test_a_broken_table_is_read_up_to_there(content: bytes, count: int, error: str) -> None:
    found, said = broken(content)
    assert [each for each in found if isinstance(each, CatalogueProduct)] == found
    assert len(found) == count
    assert said.startswith(error)


# ---- XML


def test_googles_fields_come_before_those_of_rss() -> None:
    inner = "<title>Lamp</title><link>https://x/a</link><g:id>a</g:id><g:title>Brass lamp</g:title><guid>7</guid>"
    (found,) = found_in(rss(f"<item>{inner}</item>"))
    assert found == CatalogueProduct("a", title="Brass lamp", url="https://x/a", attributes={"guid": "7"})


def test_an_entry_has_the_address_that_its_link_names() -> None:
    inner = '<link rel="edit" href="https://x/no"/><link href="https://x/a"/><id>tag:x,2026:a</id><g:id>a</g:id>'
    (found,) = found_in(atom(f"<entry>{inner}</entry>"))
    assert found == CatalogueProduct("a", url="https://x/a")


def test_groups_and_fields_of_others_are_left_out() -> None:
    inner = """
        <g:id><![CDATA[a]]></g:id>
        <g:shipping>free <g:country>US</g:country> of <g:price href="x">0 USD</g:price> all</g:shipping>
        <g:own_group><g:part>x</g:part></g:own_group>
        <media:rating xmlns:media="http://search.yahoo.com/mrss/">adult</media:rating>
        <c:fit type="string">sl<!-- hm -->im</c:fit><g:color>blue<?x?> &amp; red</g:color>
    """
    (found,) = found_in(rss(f"<item>{inner}</item>"))
    assert found == CatalogueProduct("a", attributes={"fit": "slim", "color": "blue & red"})


@pytest.mark.parametrize("size", [1, 3, 64])
def test_xml_may_come_in_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_form, "BLOCK_BYTES", size)
    content = rss(
        "".join(f"<item>{elements({'id': f'lamp-{number}', 'title': 'Lámpara'})}</item>" for number in range(9))
    )
    assert found_in(content) == [CatalogueProduct(f"lamp-{number}", title="Lámpara") for number in range(9)]


def test_an_encoding_that_xml_declares_is_its_own() -> None:
    content = rss("<item><g:id>a</g:id><title>Lámpara, 5 €</title></item>").decode().replace("UTF-8", "windows-1252")
    assert found_in(content.encode("windows-1252")) == [CatalogueProduct("a", title="Lámpara, 5 €")]


@pytest.mark.parametrize(
    "inner", [f"<g:x>{'x' * (1 << 20)}</g:x>", "<g:x/>" * 6000, f"<g:x>{'xy&lt;' * 400_000}</g:x>"]
)
def test_an_item_that_is_too_long_is_passed_over(inner: str) -> None:
    assert found_in(rss(f"<item>{inner}</item><item><g:id>a</g:id></item>")) == [
        Refusal("item 1", "more than 1,048,576 bytes"),
        CatalogueProduct("a"),
    ]


GOOD = "<item><g:id>a</g:id></item>\n"


@pytest.mark.parametrize(
    ("content", "count", "error"),
    [
        (b"<html><body>404</body></html>", 0, "line 1: neither RSS nor Atom, but 'html'"),
        (b"<", 0, "line 1, column 1: cut off: unclosed token"),
        (rss(GOOD + "<item>").removesuffix(b"</channel></rss>"), 1, "line 5, column 7: cut off: no element found"),
        (rss(GOOD + "<item><g:id>b</g:i").removesuffix(b"</channel></rss>"), 1, "line 5, column 14: cut off: unclosed"),
        (rss(GOOD) + b"<rss/>", 1, "line 5, column 17: junk after document element"),
        (rss(GOOD + "<item><g:id>b</g:ID></item>"), 1, "line 5, column 16: mismatched tag"),
        (rss(GOOD + "<item><title>Hm&nbsp;</title></item>"), 1, "line 5, column 16: undefined entity"),
        (rss(GOOD + "<item><x:id>b</x:id></item>"), 1, "line 5, column 7: unbound prefix"),
        (rss(GOOD + "<title>\0</title>"), 1, "line 5, column 8: not well-formed (invalid token)"),
        (rss(GOOD + "<title>ä</title>").decode().encode("latin-1"), 1, "line 5, column 8: not well-formed"),
        (rss(GOOD).replace(b"UTF-8", b"shift_jis"), 0, "line 1: its encoding: multi-byte encodings are not supported"),
        (rss(GOOD).replace(b"UTF-8", b"nonsense"), 0, "line 1: its encoding: unknown encoding: nonsense"),
        (rss(GOOD + "<x>" * 100), 1, "line 5: nested more than 100 deep, or of more than 10,000 names"),
        (rss(GOOD + "".join(f"<x{number}/>" for number in range(10_001))), 1, "line 5: nested more than 100 deep, or"),
        (rss(GOOD + "".join(f"<x xmlns:x{number}=''/>" for number in range(2))), 1, "line 5, column "),
        (rss(GOOD + "".join(f"<x xmlns:x{number}='u'/>" for number in range(10_001))), 1, "line 5: nested more than"),
        (rss(GOOD + f"<x y='{'x' * (1 << 21)}"), 1, "line 5: something that does not end within 1,048,576 bytes"),
        (rss(GOOD + f"<!--{'x' * (1 << 21)}-->"), 1, "line 5: something that does not end within 1,048,576 bytes"),
        (b"<!--" + b"x" * (1 << 21), 0, "line 1: something that does not end within 1,048,576 bytes"),
    ],
)
def test_broken_xml_is_read_up_to_there(content: bytes, count: int, error: str) -> None:
    found, said = broken(content)
    assert found == [CatalogueProduct("a")] * count
    assert said.startswith(error)


@pytest.mark.parametrize(
    "declaration",
    [
        "".join(
            [
                '<!ENTITY e0 "ha">',
                *(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 10)),
            ]
        ),
        '<!ENTITY e9 SYSTEM "file:///etc/hostname">',
        '<!ENTITY % e SYSTEM "http://127.0.0.1:1/"> %e;',
    ],
    ids=["a billion laughs", "a file", "an address"],
)
def test_a_document_type_is_refused(declaration: str) -> None:
    inner = rss("<item><g:id>a</g:id><title>&e9;</title></item>").decode().partition("\n")[2]
    assert broken(f"<!DOCTYPE rss [{declaration}]>\n{inner}".encode()) == (
        [],
        "line 1: a document type, which no feed needs",
    )


# ---- gzip


@pytest.mark.parametrize("form", ["tab", "rss"])
def test_a_bomb_is_read_up_to_the_limit(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_BYTES", 1 << 18)
    content = forms([{"id": "a"}, {"id": "b"}])[form] + b"\n" * (8 << 20)
    found, error = broken(gzip.compress(content))
    assert found == [CatalogueProduct("a"), CatalogueProduct("b")]
    assert error == "after 262,144 bytes: larger than any feed"


@pytest.mark.parametrize("form", ["tab", "rss"])
def test_a_packed_feed_that_is_cut_off_is_read_up_to_there(form: str) -> None:
    rows = [{"id": f"lamp-{number}", "gtin": str(hash(str(number)))} for number in range(5000)]
    whole = gzip.compress(forms(rows)[form])
    found, error = broken(whole[: len(whole) * 3 // 4])
    assert found == found_in(forms(rows)[form])[: len(found)]
    assert len(found) > 2500
    assert error.endswith(
        "bytes: cannot be unpacked: Compressed file ended before the end-of-stream marker was reached"
    )


def test_a_packed_feed_with_a_wrong_sum_is_told() -> None:
    found, error = broken(gzip.compress(table([{"id": "a"}]))[:-8] + bytes(8))
    assert found == [CatalogueProduct("a")]
    assert "cannot be unpacked: CRC check failed" in error
    assert broken(b"\x1f\x8bnot at all")[1].startswith("after 0 bytes: cannot be unpacked: ")


# ---- any of it

# What XML can hold, without what lays it out only.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff\u2028\u2029"), max_size=40
).map(lambda text: " ".join(text.split(" ")))
rows = st.lists(
    st.fixed_dictionaries(
        {"id": st.from_regex("[A-Za-z0-9._~:@+-]{1,20}", fullmatch=True)},
        optional={
            "title": texts,
            "brand": texts,
            "color": texts,
            "size": st.lists(texts, max_size=3),
            "additional_image_link": st.lists(texts, max_size=3),
            "product_type": texts,
            "price": st.decimals(-1, 10**12, places=2).map(lambda price: f"{price} EUR"),
            "availability": st.sampled_from(["in_stock", "out of stock", "preorder", "gone"]),
            "expiration_date": st.datetimes().map(datetime.isoformat),
        },
    ),
    min_size=1,
    max_size=5,
)


@given(rows)
def test_the_same_is_read_out_of_every_form(written: list[dict[str, str | list[str]]]) -> None:
    found = alike(written)
    assert len(found) == len(written)
    for each in found:
        if isinstance(each, CatalogueProduct):
            check(each)


@given(
    st.binary(max_size=300)
    | st.text(alphabet='<>/!["]=& \tgrsid\n,', max_size=200).map(lambda text: b"<rss><channel>" + text.encode())
    | st.text(alphabet='id\t",\n\r ', max_size=200).map(lambda text: b"id\ttitle\n" + text.encode()),
    st.booleans(),
)
def test_any_bytes_come_to_an_end(content: bytes, is_packed: bool) -> None:
    try:
        found = found_in(gzip.compress(content) if is_packed else content)
    except InvalidFeedError as error:
        assert str(error).isprintable()
        return
    for each in found:
        assert isinstance(each, CatalogueProduct) or (each.place.isprintable() and each.reason)


def test_no_more_is_read_than_is_asked_for() -> None:
    """A file without end is read as far as somebody takes items out of it."""

    class Endless(io.RawIOBase):
        taken = 0

        def read(self, _: int = -1) -> bytes:
            self.taken += 1
            return (b"<rss><channel>" if self.taken == 1 else b"") + b"<item><id>a</id></item>" * 100

    file: Any = Endless()
    found = read(file, now=NOW)
    for _ in range(1000):
        next(found)
    assert file.taken < 20
