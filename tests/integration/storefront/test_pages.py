"""The shop without JavaScript: links and forms do all that a shop has to."""

import re

import httpx
import pytest

from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.integration.storefront.conftest import SHOPPER, SOLD_OUT, Storefront


def cards(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return re.findall(r'class="card"><a href="/products/([^/]+)/', answer.text)


def test_the_shelves_have_pages(customer: httpx.Client) -> None:
    first, second = customer.get("/?category=shelf"), customer.get("/?category=shelf&page=2")
    assert (len(cards(first)), len(cards(second))) == (24, 6)
    assert not set(cards(first)) & set(cards(second))
    assert "?category=shelf&amp;page=2" in first.text
    # What can be had comes first.
    assert cards(second)[-1] == SOLD_OUT


@pytest.mark.parametrize(("words", "count"), [("kettle", 4), ("COPPER  kettle", 4), ("copper lamp", 0), ("%", 0)])
def test_a_search_finds_what_has_all_words(customer: httpx.Client, words: str, count: int) -> None:
    assert len(cards(customer.get("/", params={"q": words, "category": "shelf"}))) == count


def test_what_is_searched_is_no_markup(customer: httpx.Client) -> None:
    answer = customer.get("/", params={"q": "<script>alert(1)</script>"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "²"])
def test_a_page_that_is_none_is_the_first(customer: httpx.Client, page: str) -> None:
    assert len(cards(customer.get("/", params={"category": "shelf", "page": page}))) == 24


def test_a_cart_and_an_order(customer: httpx.Client, storefront: Storefront) -> None:
    assert "19.90" in customer.get("/products/shelf-1/").text
    for _ in range(2):
        assert customer.post("/cart/", data={"add": "shelf-1"}).status_code == 200
    cart = customer.post("/cart/", data={"add": "shelf-2", "quantity": "3"}).text
    assert "99.50" in cart
    assert "59.70" in cart
    cart = customer.post("/cart/", data={"remove": "shelf-2"}).text
    assert "39.80" in cart
    assert "/products/shelf-2/" not in cart
    done = customer.post("/orders/", data={"visitor": ""})
    assert done.status_code == 200
    (order,) = re.findall(r'id="order">(web-[0-9a-f]{12})<', done.text)
    assert storefront.rows("SELECT product_id, quantity FROM order_items WHERE order_id = %s", order) == [
        ("shelf-1", 2)
    ]
    ((buyer,),) = storefront.rows("SELECT user_id FROM orders WHERE order_id = %s", order)
    assert re.fullmatch("guest-[0-9a-f]{32}", str(buyer))
    assert "Nothing yet" in customer.get("/cart/").text


def test_whoever_is_signed_in_orders(customer: httpx.Client, storefront: Storefront) -> None:
    assert SHOPPER in customer.get("/sign-in/").text
    signed_in = customer.post("/sign-in/", data={"shopper": SHOPPER}).text
    assert f'data-user="{SHOPPER}"' in signed_in
    customer.post("/cart/", data={"add": "shelf-3"})
    (order,) = re.findall(r'id="order">(web-[0-9a-f]{12})<', customer.post("/orders/").text)
    assert storefront.rows("SELECT user_id FROM orders WHERE order_id = %s", order) == [(SHOPPER,)]
    assert "data-user=" not in customer.post("/sign-in/", data={"shopper": ""}).text


@pytest.mark.parametrize(
    ("path", "data", "status", "sentence"),
    [
        ("cart/", {"add": "nothing"}, 400, "This is not for sale."),
        ("cart/", {"add": "<b>"}, 400, "This is not for sale."),
        ("cart/", {}, 400, "This is not for sale."),
        ("cart/", {"add": SOLD_OUT}, 400, "This is not for sale."),
        ("cart/", {"add": "shelf-1", "quantity": "0"}, 400, "A quantity is a number from 1 to 99."),
        ("cart/", {"add": "shelf-1", "quantity": "²"}, 400, "A quantity is a number from 1 to 99."),
        ("orders/", {}, 400, "There is nothing in the cart that can be ordered."),
        ("sign-in/", {"shopper": "user-of-another-shop"}, 400, "Nobody of this name can be signed in."),
        ("products/nothing/", None, 404, "There is no such product."),
        ("products/a b/", None, 404, "There is no such page."),
        ("pictures/nothing.svg", None, 404, "There is no such picture."),
        ("orders/nothing/", None, 404, "There is no such order."),
        ("?q=%00", None, 400, "Nothing can be looked for by this."),
        ("?category=%00", None, 400, "Nothing can be looked for by this."),
    ],
)
def test_what_cannot_be_is_said_in_a_page(
    customer: httpx.Client, path: str, data: dict[str, str] | None, status: int, sentence: str
) -> None:
    answer = customer.get(f"/{path}") if data is None else customer.post(f"/{path}", data=data)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert sentence in answer.text


def test_a_cookie_that_is_not_ours_is_an_empty_cart(customer: httpx.Client) -> None:
    customer.cookies.set("shop", "eyJ4IjoxfQ:1abcde:forged")
    assert "Nothing yet" in customer.get("/cart/").text


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}])
def test_a_form_on_another_site_changes_nothing(customer: httpx.Client, headers: dict[str, str]) -> None:
    answer = customer.post("/sign-in/", data={"shopper": SHOPPER}, headers=headers)
    assert answer.status_code == 403
    assert "shop" not in customer.cookies


def test_a_proxy_is_not_let_in(customer: httpx.Client) -> None:
    """What it passes on comes from anybody, and there are no passwords."""
    answer = customer.get("/", headers={"x-forwarded-for": "203.0.113.1"})
    assert (answer.status_code, "open to its own machine only" in answer.text) == (403, True)


def test_pictures_are_drawn_the_same_each_time(customer: httpx.Client) -> None:
    first, again, other = (customer.get(f"/pictures/shelf-{number}.svg") for number in (1, 1, 2))
    assert first.headers["content-type"] == "image/svg+xml"
    assert first.content == again.content != other.content


def test_other_paths_are_the_apis(customer: httpx.Client) -> None:
    assert_problem(customer.get("/nowhere/"), 404, "There is nothing at /nowhere/")


def test_without_postgres_a_page_says_so_and_the_api_goes_on(api_without_postgres: Api) -> None:
    for path in ("", "products/shelf-1/", "cart/"):
        answer = httpx.get(f"http://127.0.0.1:{api_without_postgres.port}/{path}", timeout=120)
        assert (answer.status_code, "database does not answer" in answer.text) == (503, True)
    assert httpx.get(f"{api_without_postgres.url}health/live/", timeout=120).status_code == 200
