"""The admin: who gets in, what can be changed, and what the shop's API has of it - nothing."""

import os
import re
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest

from local_stack.processes import MANAGE
from local_stack.stack import LocalStack
from tests.integration.api.serving import Api
from tests.integration.api.test_outages import stopped
from vitrine.settings import ShopDatabaseSettings
from vitrine.shop_database import connect

PASSWORD = "not a word of a list: 5402113"
LOGIN = "/admin/login/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture(scope="module")
def login(prepared_stack: LocalStack) -> tuple[str, str]:
    name = f"admin-{uuid.uuid4().hex}"
    environment = prepared_stack.environment() | {"VITRINE_ADMIN_USERNAME": name, "VITRINE_ADMIN_PASSWORD": PASSWORD}
    subprocess.run([*MANAGE, "admin_user"], env={**os.environ, **environment}, check=True, capture_output=True)
    return name, PASSWORD


@pytest.fixture(scope="module")
def order(prepared_stack: LocalStack) -> tuple[str, str]:
    """The ids of an order of one product."""
    productid, orderid = f"lamp-{uuid.uuid4()}", f"order-{uuid.uuid4()}"
    execute(prepared_stack, "INSERT INTO products VALUES (%s, 'category-1', 'Tall lamp', 12.5)", productid)
    execute(prepared_stack, "INSERT INTO orders VALUES (%s, 'user-1')", orderid)
    execute(prepared_stack, "INSERT INTO order_items VALUES (%s, %s, 37)", orderid, productid)
    return orderid, productid


@pytest.fixture
def visitor(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{api.port}", timeout=120) as client:
        yield client


@pytest.fixture
def admin(visitor: httpx.Client, login: tuple[str, str]) -> httpx.Client:
    """A visitor who has signed in."""
    answer = sign_in(visitor, *login)
    assert (answer.status_code, answer.headers["location"]) == (302, "/admin/")
    return visitor


def execute(
    stack: LocalStack, statement: str, *values: object, named: Mapping[str, object] | None = None
) -> list[tuple[Any, ...]]:
    settings = ShopDatabaseSettings(postgres_port=stack.settings.stack_postgres_port)
    with closing(connect(settings)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, named or values)
        return cursor.fetchall() if cursor.description else []


def sign_in(visitor: httpx.Client, username: str, password: str) -> httpx.Response:
    form = {"username": username, "password": password, "next": "/admin/"}
    return post(visitor, LOGIN, **form)


def post(client: httpx.Client, path: str, **form: str) -> httpx.Response:
    """What a browser sends: the form of the page, with its token."""
    page = client.get(path)
    assert page.status_code == 200, page.text
    (token, *_) = TOKEN.findall(page.text)
    return client.post(path, data={**form, "csrfmiddlewaretoken": token}, headers={"Referer": str(page.url)})


def product_form(**changed: str) -> dict[str, str]:
    return {
        "category_id": "category-1",
        "name": "Tall lamp",
        "price": "12.50",
        "created_at_0": "2026-10-01",
        "created_at_1": "12:00:00",
        "in_stock": "on",
        **changed,
    }


def test_nobody_gets_in_without_a_login(visitor: httpx.Client, login: tuple[str, str]) -> None:
    for path in ("/admin/", "/admin/shop/order/", "/admin/shop/product/add/"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["location"]) == (302, f"{LOGIN}?next={path}")
    assert "correct username and password" in sign_in(visitor, login[0], "wrong").text
    assert "sessionid" not in visitor.cookies


def test_a_form_without_its_token_is_refused(visitor: httpx.Client, login: tuple[str, str]) -> None:
    answer = visitor.post(LOGIN, data={"username": login[0], "password": login[1]})
    assert answer.status_code == 403
    assert "sessionid" not in visitor.cookies


def test_its_cookies_go_to_its_own_pages_alone(admin: httpx.Client) -> None:
    cookies = {cookie.name: cookie for cookie in admin.cookies.jar}
    assert cookies.keys() == {"sessionid", "csrftoken"}
    for cookie in cookies.values():
        assert cookie.path == "/admin/"
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Strict"


def test_a_product_is_found_and_changed(
    prepared_stack: LocalStack, admin: httpx.Client, order: tuple[str, str]
) -> None:
    _, productid = order
    for query in (f"q={productid[:12]}", "q=LL+LA", "in_stock__exact=1", "category_id=category-1"):
        assert productid in admin.get(f"/admin/shop/product/?{query}").text
    assert productid not in admin.get("/admin/shop/product/?in_stock__exact=0").text
    path = f"/admin/shop/product/{productid}/change/"
    answer = post(admin, path, **product_form(price="99.90", name="Small lamp"))
    assert (answer.status_code, answer.headers["location"]) == (302, "/admin/shop/product/")
    assert execute(
        prepared_stack, "SELECT name, price::text, in_stock FROM products WHERE product_id = %s", productid
    ) == [("Small lamp", "99.90", True)]
    # The pipeline carries it over as any other change.
    query = "SELECT count(*) FROM extraction.product_changes WHERE product_id = %s"
    assert execute(prepared_stack, query, productid) == [(2,)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "-1"), ("price", "NaN"), ("name", " "), ("category_id", "a b"), ("created_at_0", "1969-12-31")],
)
def test_what_the_database_would_refuse_is_said_beside_the_field(
    admin: httpx.Client, order: tuple[str, str], field: str, value: str
) -> None:
    path = f"/admin/shop/product/{order[1]}/change/"
    answer = post(admin, path, **product_form(**{field: value}))
    assert answer.status_code == 200
    assert "Please correct the error below" in answer.text


def test_an_order_is_read_with_its_lines_and_cannot_be_changed(admin: httpx.Client, order: tuple[str, str]) -> None:
    orderid, productid = order
    assert orderid in admin.get(f"/admin/shop/order/?q={orderid[:12]}").text
    path = f"/admin/shop/order/{orderid}/change/"
    page = admin.get(path).text
    assert f"<td>{productid}</td>" in page
    assert "<td>37</td>" in page
    assert 'name="_save"' not in page
    token = admin.cookies["csrftoken"]
    for refused in (path, "/admin/shop/order/add/", path.replace("change", "delete")):
        answer = admin.post(refused, data={"csrfmiddlewaretoken": token, "user_id": "user-2", "post": "yes"})
        assert answer.status_code == 403, refused


def test_a_product_cannot_be_deleted(admin: httpx.Client, order: tuple[str, str]) -> None:
    path = f"/admin/shop/product/{order[1]}/delete/"
    assert admin.post(path, data={"csrfmiddlewaretoken": admin.cookies["csrftoken"], "post": "yes"}).status_code == 403


def test_the_market_can_be_looked_at_and_not_changed(prepared_stack: LocalStack, admin: httpx.Client) -> None:
    identity = f"shop-{uuid.uuid4()}"
    execute(
        prepared_stack,
        """
        INSERT INTO market.businesses (business_id, name, is_closed, last_seen_on)
            VALUES (%(id)s, 'Corner Toys', false, '2026-11-25');
        INSERT INTO market.categories VALUES (%(id)s, 'Toys and games');
        INSERT INTO market.business_categories VALUES (%(id)s, %(id)s);
        INSERT INTO market.ratings (business_id, day, rating, reviews) VALUES (%(id)s, '2026-11-25', 4.25, 1234);
        """,
        named={"id": identity},
    )
    for name in ("state", "county", "population", "category", "landing", "rejectedrow"):
        assert admin.get(f"/admin/market/{name}/").status_code == 200
        assert admin.get(f"/admin/market/{name}/add/").status_code == 403
    assert identity in admin.get(f"/admin/market/business/?q={identity}").text
    page = admin.get(f"/admin/market/business/{identity}/change/").text
    assert all(f"<td>{cell}</td>" in page for cell in ("2026-11-25", "4.25", "1234"))
    assert "Toys and games" in page
    assert 'name="_save"' not in page


def test_its_style_comes_from_this_server(visitor: httpx.Client) -> None:
    assert "http" not in "".join(re.findall(r'(?:href|src)="([^"]+)"', visitor.get(LOGIN).text))
    assert visitor.get("/static/admin/css/base.css").status_code == 200


def test_the_api_has_no_session(admin: httpx.Client) -> None:
    answer = admin.get("/api/v1/products/trending/")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "cookie" not in answer.headers.get("vary", "").lower()
    assert "cookie" not in answer.request.headers


def test_without_postgres_the_api_answers_and_the_admin_says_so(
    prepared_stack: LocalStack, api: Api, admin: httpx.Client, client: httpx.Client
) -> None:
    with stopped(prepared_stack, api, "postgres"):
        for _ in range(5):
            assert client.get("user_history_recommendations/", headers={"user-id": "user-78"}).status_code == 200
            assert client.get("user_nav_history_latest_products/", headers={"user-id": "user-78"}).status_code == 200
        assert client.get("health/ready/").json()["status"] == "ready"
        answer = admin.get("/admin/shop/order/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.text.startswith("Postgres does not answer.")
    assert admin.get("/admin/shop/order/").status_code == 200
