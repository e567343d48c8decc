"""The shop tells of its products over HTTP; each answer follows."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.limits import PRODUCTS_MAXIMUM
from tests.curl import curl, examples
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.waiting import wait_until
from vitrine.events import ID_RULE
from vitrine.settings import PROJECT_FOLDER

EXAMPLES = examples((PROJECT_FOLDER / "docs/catalogue.md").read_text())
PRODUCTS = "catalogue/products/"
LAMP = {
    "title": "A lamp",
    "price": "49.90",
    "currency": "EUR",
    "in_stock": True,
    "category": ["Home", "Lamps"],
    "image": "https://www.shop.example/lamp.jpg",
    "url": "https://www.shop.example/lamp",
    "brand": "Lumen",
    "attributes": {"colour": "brass", "sizes": ["S", "M"], "height": 31.5},
    "available_from": "2026-01-01T00:00:00Z",
    "available_to": "2196-01-01T00:00:00Z",
    "created_at": "2026-01-02T03:04:05.678000Z",
}


@pytest.fixture
def category() -> str:
    """A category of the test's own, so that a list of it holds what the test put there."""
    return f"category-{uuid.uuid4().hex}"


@pytest.fixture
def names(client: httpx.Client) -> Iterator[list[str]]:
    """Products of the test's own, taken out when it ends."""
    made = [f"product-{uuid.uuid4().hex}" for _ in range(5)]
    yield made
    client.request("DELETE", PRODUCTS, json=made)


def path(productid: str) -> str:
    return f"{PRODUCTS}{productid}/"


def put(client: httpx.Client, productid: str, **fields: object) -> dict[str, Any]:
    answer = client.put(path(productid), json=fields)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def await_shown(api: Api, category: str, *products: str, **parameters: str) -> None:
    """Every process shows these of a category, and no others. Each question is a new connection, for any of them."""

    def shown() -> list[str]:
        answer = httpx.get(
            f"{api.url}products/trending/", params={"category": category, "limit": 50, **parameters}, timeout=120
        )
        found: list[str] = answer.json()["products"]
        return sorted(found)

    wait_until(lambda: all(shown() == sorted(products) for _ in range(10)), what=lambda: f"shown: {shown()}")


def test_a_product_is_put_read_changed_and_taken_out(client: httpx.Client, names: list[str]) -> None:
    name = names[0]
    assert put(client, name, **LAMP) == {"productid": name, **LAMP}
    assert client.get(path(name)).json() == {"productid": name, **LAMP}
    changed = client.patch(path(name), json={"price": 39.9, "brand": None})
    assert changed.status_code == 200
    expected = {"productid": name, **LAMP, "price": "39.9"}
    del expected["brand"]
    assert changed.json() == expected
    assert put(client, name, title="Bare") == {"productid": name, "title": "Bare", "created_at": LAMP["created_at"]}
    assert client.delete(path(name)).status_code == 204
    for answer in (client.get(path(name)), client.delete(path(name)), client.patch(path(name), json={"price": 1})):
        assert_problem(answer, 404, f"There is no product {name}.")


def test_what_is_sold_out_leaves_every_answer_and_comes_back(
    api: Api, client: httpx.Client, names: list[str], category: str
) -> None:
    first, second, *_ = names
    put(client, first, category=[category])
    put(client, second, category=[category, "Lamps"])
    await_shown(api, category, first, second)
    await_shown(api, f"{category} > Lamps", second)
    client.patch(path(first), json={"in_stock": False})
    await_shown(api, category, second)
    await_shown(api, category, first, second, in_stock="false")
    client.patch(path(first), json={"in_stock": True})
    await_shown(api, category, first, second)
    client.delete(path(first))
    await_shown(api, category, second, in_stock="false")


def test_what_is_not_offered_yet_is_not_shown_even_if_sold_out_is(
    api: Api, client: httpx.Client, names: list[str], category: str
) -> None:
    put(client, names[0], category=[category])
    put(client, names[1], category=[category], available_from="2196-01-01T00:00:00Z")
    put(client, names[2], category=[category], available_to="2026-01-01T00:00:00+02:00")
    await_shown(api, category, names[0])
    await_shown(api, category, names[0], in_stock="false")


def test_prices_are_filtered_by_what_was_told(api: Api, client: httpx.Client, names: list[str], category: str) -> None:
    put(client, names[0], category=[category], price=5)
    put(client, names[1], category=[category], price="15.50")
    await_shown(api, category, names[1], price_from="10")


def test_each_of_many_is_judged_for_itself(api: Api, client: httpx.Client, names: list[str], category: str) -> None:
    answer = client.put(
        PRODUCTS,
        json=[
            {"productid": names[0], "category": [category]},
            {"productid": "with space", "category": [category]},
            {"productid": names[1], "category": [category], "price": -1},
            {"title": "without an id"},
            {"productid": names[2], "category": [category], "colour": "red"},
            7,
            {"productid": names[3], "category": [category]},
        ],
    )
    body = assert_problem(answer, 400, "5 of 7 products were refused; the others were taken.")
    assert body["accepted"] == 2
    refused = {each["index"]: each for each in body["errors"]}
    assert [(index, each["productid"]) for index, each in refused.items()] == [
        (1, "with space"),
        (2, names[1]),
        (3, None),
        (4, names[2]),
        (5, None),
    ]
    assert ID_RULE in refused[1]["reason"]
    assert refused[2]["reason"].startswith("price: not 0 or more")
    assert "productid" in refused[3]["reason"]
    assert "colour" in refused[4]["reason"]
    assert "object" in refused[5]["reason"]
    await_shown(api, category, names[0], names[3])

    answer = client.patch(
        PRODUCTS, json=[{"productid": names[0], "in_stock": False}, {"productid": names[4], "in_stock": False}]
    )
    body = assert_problem(answer, 400, "1 of 2 products were refused; the others were taken.")
    assert body["accepted"] == 1
    assert body["errors"] == [{"index": 1, "productid": names[4], "reason": f"There is no product {names[4]}."}]
    await_shown(api, category, names[3])

    answer = client.request("DELETE", PRODUCTS, json=[names[0], names[4], "with space", names[3]])
    body = assert_problem(answer, 400, "2 of 4 products were refused; the others were taken.")
    assert body["accepted"] == 2
    assert [each["index"] for each in body["errors"]] == [1, 2]
    await_shown(api, category, in_stock="false")


def test_a_thousand_products_go_in_one_request(api: Api, client: httpx.Client, category: str) -> None:
    made = [f"{category}-{number}" for number in range(PRODUCTS_MAXIMUM)]
    try:
        answer = client.put(PRODUCTS, json=[{"productid": each, "category": [category]} for each in made])
        assert (answer.status_code, answer.json()) == (200, {"accepted": PRODUCTS_MAXIMUM})
        answer = client.patch(PRODUCTS, json=[{"productid": each, "in_stock": False} for each in made[3:]])
        assert (answer.status_code, answer.json()["accepted"]) == (200, PRODUCTS_MAXIMUM - 3)
        await_shown(api, category, *made[:3])
    finally:
        answer = client.request("DELETE", PRODUCTS, json=made)
    assert (answer.status_code, answer.json()["accepted"]) == (200, PRODUCTS_MAXIMUM)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"[]", 400, "A list must hold 1 to 1000 products, not 0."),
        (b"[" + b",".join([b'"p"'] * 1001) + b"]", 400, "not 1001."),
        (b'{"productid": "p"}', 400, "The body must be a JSON list"),
        (b"[", 400, "The body must be a JSON list"),
        (b'["\xff"]', 400, "The body must be a JSON list"),
        (b"[" * 100_000, 400, "The body must be a JSON list"),
        (b"[" + b" " * 2_100_000 + b"]", 413, "no more than"),
    ],
)
def test_what_is_no_list_of_products_is_refused(
    client: httpx.Client, method: str, content: bytes, status: int, said: str
) -> None:
    answer = client.request(method, PRODUCTS, content=content, headers={"content-type": "application/json"})
    assert_problem(answer, status, said)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"price": -1}, "price: not 0 or more"),
        ({"price": "much"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"currency": "euro"}, "currency: not three capital letters"),
        ({"category": "Home"}, "category"),
        ({"category": []}, "category: not 1 to 10 names"),
        ({"category": ["Home > Lamps"]}, "category[0]"),
        ({"image": "javascript:alert(1)"}, "image: not an http or https address"),
        ({"title": "a\x00b"}, "title"),
        ({"attributes": {"x": {"y": 1}}}, "attributes"),
        ({"available_from": "2026-01-01T00:00:00"}, "available_from: not a time with its offset"),
        ({"available_from": "2026-01-02T00:00:00Z", "available_to": "2026-01-01T00:00:00Z"}, "available_to"),
        ({"productid": "other"}, "the path names"),
        ({"colour": "red"}, "colour"),
        ([], "object"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_product_that_breaks_a_rule_is_refused(
    client: httpx.Client, names: list[str], method: str, fields: object, said: str
) -> None:
    assert_problem(client.request(method, path(names[0]), json=fields), 400, said)
    assert client.get(path(names[0])).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_the_id_in_the_path_is_one(client: httpx.Client, method: str) -> None:
    assert_problem(client.request(method, path("with space"), json={}), 400, "The product id in the path must be")


def test_details_say_what_a_page_shows(api: Api, client: httpx.Client, names: list[str], category: str) -> None:
    put(client, names[0], **{**LAMP, "category": [category]})
    await_shown(api, category, names[0])
    answer = client.get("products/trending/", params={"category": category, "details": "true"}).json()
    assert answer["details"] == [
        {
            "product": names[0],
            "title": "A lamp",
            "price": "49.90",
            "currency": "EUR",
            "image": LAMP["image"],
            "url": LAMP["url"],
            "brand": "Lumen",
            "in-stock": True,
        }
    ]
    assert "details" not in client.get("products/trending/", params={"category": category}).json()
    assert_problem(client.get("products/trending/", params={"details": "yes"}), 400, "details must be true or false")


def test_without_cassandra_it_says_so(lonely_client: httpx.Client) -> None:
    for method, where, body in (
        ("GET", path("p"), None),
        ("PUT", path("p"), {}),
        ("PATCH", path("p"), {}),
        ("DELETE", path("p"), None),
        ("PUT", PRODUCTS, [{"productid": "p"}]),
        ("DELETE", PRODUCTS, ["p"]),
    ):
        assert_problem(lonely_client.request(method, where, json=body), 503, "Cassandra did not answer.")


@pytest.mark.parametrize("command", EXAMPLES)
def test_the_page_of_the_catalogue_shows_what_is_answered(api: Api, command: str) -> None:
    """One after the other, as they stand there; the last one takes the product out."""
    assert curl(command, port=api.port) == EXAMPLES[command]
