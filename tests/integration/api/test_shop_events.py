"""What is posted beside views, on the real servers: taken together with views, and carts are not recommended."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.integration.api.shop import RECOMMENDATIONS, Shop
from tests.integration.api.test_outages import TOMBSTONES
from tests.integration.one_computer import Names
from tests.integration.storage.keyspaces import cassandra_settings, opened, session_on
from tests.unit.vitrine.test_shop_events import PROPERTIES
from tests.waiting import wait_until
from vitrine.errors import StorageUnavailableError
from vitrine.settings import CassandraSettings, load
from vitrine.storage import Link
from vitrine.storage.tables.carts import CartStore, removed_row

CATALOGUE = {f"{category}{number}": f"category-{category}" for category in "ab" for number in range(10)}
TRENDING, SIMILAR = "products/trending/", "products/a0/similar/"


@pytest.fixture(scope="module")
def shop(prepared_stack: LocalStack, api: Api) -> Iterator[Shop]:
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with session_on(settings) as session, opened(settings) as store:
        made = Shop(session, store, api)
        made.clear()
        made.stock(CATALOGUE)
        yield made
        made.clear()


@pytest.fixture
def person() -> str:
    return f"person-{uuid.uuid4()}"


def told(kind: str, person: str, **properties: object) -> dict[str, Any]:
    return {
        "event": kind,
        "messageid": str(uuid.uuid4()),
        "userid": person,
        "properties": properties or PROPERTIES[kind],
        "context": {"source": "desktop"},
    }


def post(client: httpx.Client, *events: dict[str, Any]) -> None:
    answer = client.post("events/", json=list(events))
    assert (answer.status_code, answer.json()) == (202, {"accepted": len(events)})


def everything(shop: Shop, path: str, person: str) -> set[str]:
    return set(shop.ask(path, person, limit=50)["products"])


def await_everything(shop: Shop, path: str, person: str, expected: set[str]) -> None:
    """Until every process answers so."""
    wait_until(
        lambda: all(everything(shop, path, person) == expected for _ in range(10)),
        what=lambda: f"{everything(shop, path, person)} are not {expected}",
    )


@pytest.mark.usefixtures("consumer")
def test_what_is_in_the_cart_is_recommended_nowhere(shop: Shop, client: httpx.Client, person: str) -> None:
    all_products = set(CATALOGUE)
    await_everything(shop, RECOMMENDATIONS, person, all_products)
    post(
        client,
        told("ProductView", person, productid="a1"),
        told("ProductAdded", person, productid="a1"),
        told("ProductAdded", person, productid="b1", quantity=2),
    )
    left = all_products - {"a1", "b1"}
    await_everything(shop, RECOMMENDATIONS, person, left)
    await_everything(shop, TRENDING, person, left)
    await_everything(shop, SIMILAR, person, {each for each in left if each.startswith("a")} - {"a0"})
    assert everything(shop, RECOMMENDATIONS, f"another-{person}") == all_products
    assert set(httpx.get(f"{client.base_url}{TRENDING}", params={"limit": 50}).json()["products"]) == all_products
    post(client, told("ProductRemoved", person, productid="a1"))
    await_everything(shop, RECOMMENDATIONS, person, all_products - {"b1"})
    post(client, told("OrderCompleted", person, orderid="o-1", products=[{"productid": "b1", "quantity": 2}]))
    await_everything(shop, RECOMMENDATIONS, person, all_products)


@pytest.mark.usefixtures("consumer")
def test_what_a_visitor_put_in_is_not_recommended_to_the_customer(shop: Shop, client: httpx.Client) -> None:
    def asked_to(path: str) -> None:
        pair = {"visitor-id": names.visitor, "user-id": names.ann}
        assert client.post(f"people/{path}/", json=pair).status_code == 200

    def await_lists(without: set[str]) -> None:
        left = set(CATALOGUE) - without
        await_everything(shop, RECOMMENDATIONS, names.ann, left)
        await_everything(shop, TRENDING, names.ann, left)
        await_everything(shop, SIMILAR, names.ann, {each for each in left if each.startswith("a")} - {"a0"})

    names = Names.new()
    post(client, told("ProductAdded", names.visitor, productid="a1"))
    post(client, told("ProductAdded", names.visitor, productid="b1"))
    await_everything(shop, TRENDING, names.visitor, set(CATALOGUE) - {"a1", "b1"})
    await_lists(without=set())
    asked_to("merge")
    # In the next answer.
    for path in (RECOMMENDATIONS, TRENDING, SIMILAR):
        assert everything(shop, path, names.ann).isdisjoint({"a1", "b1"})
    post(client, told("ProductAdded", names.ann, productid="b2"))
    post(client, told("ProductRemoved", names.ann, productid="a1"))
    await_lists(without={"b1", "b2"})
    post(client, told("OrderCompleted", names.ann, orderid="o-1", products=[{"productid": "b1"}]))
    await_lists(without={"b2"})
    post(client, told("ProductAdded", names.visitor, productid="a1"))
    await_lists(without={"a1", "b2"})
    asked_to("unmerge")
    await_lists(without={"b2"})
    await_everything(shop, TRENDING, names.visitor, set(CATALOGUE) - {"a1", "b1"})


@pytest.mark.usefixtures("consumer")
def test_all_kinds_are_taken_told_in_the_export_and_erased(client: httpx.Client, person: str) -> None:
    post(client, *(told(kind, person) for kind in PROPERTIES))
    found: dict[str, Any] = {}

    def has_all() -> bool:
        found.update(client.get(f"people/{person}/export/").json())
        return len(found["events"]) == len(PROPERTIES)

    wait_until(has_all, what=lambda: json.dumps(found))
    assert {each["event"] for each in found["events"]} == PROPERTIES.keys()
    (searched,) = [each for each in found["events"] if each["event"] == "Searched"]
    assert searched["properties"] == PROPERTIES["Searched"]
    # Of one request the last is made last: the order came after the cart.
    assert found["carts"] == []
    post(client, told("ProductAdded", person, productid="a5"))
    wait_until(lambda: len(client.get(f"people/{person}/export/").json()["carts"]) == 1, what="the cart is empty")
    receipt = client.delete(f"people/{person}/").json()
    erased = {part["name"]: (part["state"], part["how-many"]) for part in receipt["parts"]}
    assert (erased["events"], erased["carts"]) == (("done", len(PROPERTIES) + 1), ("done", 1))
    after = client.get(f"people/{person}/export/").json()
    assert (after["events"], after["carts"]) == ([], [])


def test_one_that_is_wrong_is_said_and_none_is_sent(client: httpx.Client, person: str) -> None:
    events = [told("ProductView", person, productid="a1"), told("ProductAdded", person, productid="a b")]
    answer = client.post("events/", json=events)
    body = assert_problem(answer, 400, "1 of 2 views are not valid; none was sent.")
    (error,) = body["errors"]
    assert error["index"] == 1
    assert error["reason"].endswith("- at `$.properties.productid`")
    nameless = client.post("events/", json=told("Wished", person, productid="a1"))
    assert assert_problem(nameless, 400)["errors"][0]["reason"].endswith("- at `$.event`")


def test_more_products_than_a_request_may_hold_are_refused(client: httpx.Client, person: str) -> None:
    lines = [{"productid": f"a{number}"} for number in range(200)]
    orders = [told("OrderCompleted", person, orderid=f"o-{number}", products=lines) for number in range(11)]
    answer = client.post("events/", json=orders)
    assert_problem(answer, 400, "The carts and orders of a request must hold no more than 2000 products.")


def test_a_cart_that_cannot_be_read_is_no_cart(
    prepared_stack: LocalStack, shop: Shop, person: str, client: httpx.Client
) -> None:
    """Cassandra fails a read that meets too many products that were taken out."""
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with Link.connected(settings) as link:
        remover = CartStore(link).remover()
        for number in range(TOMBSTONES):
            remover.write(removed_row(person, f"product-{number}", int(time.time() * 1000)))
        remover.finish()
        with pytest.raises(StorageUnavailableError):
            CartStore(link).kept(person)
    await_everything(shop, RECOMMENDATIONS, person, set(CATALOGUE))
    await_everything(shop, TRENDING, person, set(CATALOGUE))
    receipt = client.delete(f"people/{person}/").json()
    assert {part["name"]: part["how-many"] for part in receipt["parts"] if part["state"] == "done"}["carts"] is None
