"""A person erased through the API: what was there is gone, nothing brings it back, and what comes after it counts."""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.storage.keyspaces import cassandra_settings, connected_link, row
from tests.waiting import wait_until
from vitrine.erasing.online import Cassandra
from vitrine.erasing.stores import STORES, When, stores
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.packed import pack

HISTORY = "user_nav_history_latest_products/"
pytestmark = pytest.mark.usefixtures("consumer")


@pytest.fixture(scope="module")
def tables(prepared_stack: LocalStack) -> Iterator[Cassandra]:
    settings = cassandra_settings(prepared_stack, keyspace=CassandraSettings().cassandra_keyspace)
    with connected_link(settings) as link:
        made = Cassandra.on(link)
        yield made


@pytest.fixture
def person() -> str:
    return f"person-{uuid.uuid4()}"


def view(client: httpx.Client, person: str, *products: str, at: float | None = None) -> None:
    events: list[dict[str, Any]] = [
        {
            "event": "ProductView",
            "messageid": str(uuid.uuid4()),
            "userid": person,
            "properties": {"productid": product},
            "context": {"source": "desktop"},
        }
        | ({} if at is None else {"timestamp": datetime.fromtimestamp(at, UTC).isoformat()})
        for product in products
    ]
    assert client.post("events/", json=events).status_code == 202


def history(client: httpx.Client, person: str) -> list[str]:
    return list(client.get(HISTORY, headers={"user-id": person}).json()["products"])


def await_history(client: httpx.Client, person: str, expected: list[str]) -> None:
    wait_until(lambda: history(client, person) == expected, what=lambda: f"{expected}: {history(client, person)}")


def part(receipt: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(each) for each in receipt["parts"] if each["name"] == name)


def erase(client: httpx.Client, person: str) -> dict[str, Any]:
    answer = client.delete(f"people/{person}/")
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def buy(tables: Cassandra, person: str, *products: str) -> None:
    moment = int(time.time() * 1000) - 60_000
    writer = tables.lines.writer()
    number = (1).to_bytes(4)
    for product in products:
        values = (person.encode(), moment.to_bytes(8), b"order-1", product.encode(), b"category-1", number)
        writer.write(pack([*values, (moment * 1000).to_bytes(8)]))
    writer.finish()


def test_what_was_there_is_gone_and_what_comes_after_counts(
    client: httpx.Client, tables: Cassandra, person: str
) -> None:
    view(client, person, "product-1", "product-2", "product-3")
    await_history(client, person, ["product-3", "product-2", "product-1"])
    assert client.delete(HISTORY, headers={"user-id": person, "product-id": "product-2"}).status_code == 204
    buy(tables, person, "product-1", "product-9")
    receipt = erase(client, person)
    assert history(client, person) == []
    assert {each["name"] for each in receipt["parts"]} == {store.name for store in STORES}
    assert [part(receipt, name)["how-many"] for name in ("views", "deletions", "orders")] == [3, 1, 2]
    at_once = {store.name for store in stores(When.AT_ONCE)}
    assert {each["name"] for each in receipt["parts"] if each["state"] == "done"} == at_once
    assert receipt["state"] == "pending"
    assert person not in str(receipt)
    assert list(tables.lines.kept_lines(person)) == []
    assert tables.views.deletions(person) == {}
    view(client, person, "product-2")
    await_history(client, person, ["product-2"])
    assert client.get(f"people/{person}/erasure/").json() == receipt


def test_a_view_that_arrives_late_does_not_appear(client: httpx.Client, person: str) -> None:
    """Made before the erasure by its own time, or sent before it by a clock that is fast."""
    view(client, person, "product-1", at=time.time() + 200)
    await_history(client, person, ["product-1"])
    before = time.time()
    assert part(erase(client, person), "views")["how-many"] == 1
    view(client, person, "product-2", at=before)
    view(client, person, "product-3")
    await_history(client, person, ["product-3"])


def test_erasing_again_is_an_erasure_of_its_own(client: httpx.Client, person: str) -> None:
    view(client, person, "product-1")
    await_history(client, person, ["product-1"])
    first, second = erase(client, person), erase(client, person)
    assert (part(first, "views")["how-many"], part(second, "views")["how-many"]) == (1, 0)
    assert first["erasure-id"] != second["erasure-id"]
    assert client.get(f"people/{person}/erasure/").json() == second


def test_somebody_whom_nobody_knows_is_erased_all_the_same(client: httpx.Client, person: str) -> None:
    receipt = erase(client, person)
    assert [part(receipt, name)["how-many"] for name in ("views", "deletions", "orders")] == [0, 0, 0]


def test_without_an_erasure_there_is_no_receipt(client: httpx.Client, person: str) -> None:
    assert_problem(client.get(f"people/{person}/erasure/"), 404, "This person was never erased.")


@pytest.mark.parametrize("path", ["", "erasure/", "export/"])
def test_a_malformed_id_is_refused(client: httpx.Client, path: str) -> None:
    ask: Callable[[str], httpx.Response] = client.get if path else client.delete
    answer = ask(f"people/{'x' * 129}/{path}")
    assert_problem(answer, 400, "The person's id in the path must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -")


@pytest.mark.parametrize("path", ["me/", "me/erasure/", "me/export/"])
def test_without_a_user_token_nobody_is_me(client: httpx.Client, path: str) -> None:
    assert_problem(client.get(path), 401, "This needs a user token: it says who you are.")
    if path == "me/":
        assert client.delete(path).status_code == 401


def test_an_export_holds_all_that_there_is(client: httpx.Client, tables: Cassandra, person: str) -> None:
    view(client, person, "product-1", "product-2")
    await_history(client, person, ["product-2", "product-1"])
    client.delete(HISTORY, headers={"user-id": person, "product-id": "product-2"})
    buy(tables, person, "product-9")
    client.get("user_history_recommendations/", headers={"user-id": person})
    found: dict[str, Any] = {}

    def has_what_was_shown() -> bool:
        found.update(client.get(f"people/{person}/export/", timeout=120).json())
        return bool(found["recommendations-shown"])

    wait_until(has_what_was_shown, what=lambda: str(found))
    assert found.keys() == {"person", "exported-at", "missing", *(store.exported for store in STORES if store.exported)}
    assert [each["product-id"] for each in found["views"]] == ["product-2", "product-1"]
    assert not any(each["uncounted"] for each in found["views"])
    assert [each["product-id"] for each in found["deletions"]] == ["product-2"]
    assert [(each["order-id"], each["product-id"]) for each in found["orders"]] == [("order-1", "product-9")]
    assert found["recommendations-shown"][0]["user-id"] == person
    assert found["missing"] == []
    erase(client, person)
    after = client.get(f"people/{person}/export/", timeout=120).json()
    assert not any(after[store.exported] for store in STORES if store.exported)


def test_a_long_history_is_exported_in_pieces(client: httpx.Client, tables: Cassandra, person: str) -> None:
    now = time.time()
    tables.views.write(row(person, f"product-{number}", at=now - 1 - number, now=now) for number in range(5000))
    pieces = []
    with client.stream("GET", f"people/{person}/export/", timeout=120) as answer:
        assert "content-length" not in answer.headers
        pieces = list(answer.iter_raw())
    assert len(pieces) > 5
    assert b"".join(pieces).count(b'"viewed-at"') == 5000
