"""A visitor who says who they are: it counts in the next answer, is undone, erased and exported with the customer."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.one_computer import Names
from tests.integration.storage.keyspaces import cassandra_settings, opened, row
from vitrine.settings import CassandraSettings, load
from vitrine.storage import ViewStore
from vitrine.storage.tables.carts import CartStore, added_row
from vitrine.storage.tables.identities import IdentityStore

HISTORY = "user_nav_history_latest_products/"


@pytest.fixture
def names() -> Names:
    return Names.new()


@pytest.fixture(scope="module")
def store(prepared_stack: LocalStack) -> Iterator[ViewStore]:
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as made:
        yield made


def view(store: ViewStore, person: str, **ages: float) -> None:
    """Products, so many seconds ago."""
    store.write([row(person, product, at=time.time() - age) for product, age in ages.items()])


def put_in(store: ViewStore, person: str, **ages: float) -> None:
    """Products into the cart, so many seconds ago."""
    adder = CartStore(store._link).adder()
    for product, age in ages.items():
        adder.write(added_row(person, product, round((time.time() - age) * 1000), 86_400))
    adder.finish()


def merge(client: httpx.Client, visitor: str, customer: str, *, path: str = "merge") -> None:
    answer = client.post(f"people/{path}/", json={"visitor-id": visitor, "user-id": customer})
    expected = {"visitor-id": visitor, "user-id": customer, "merged": path == "merge"}
    assert (answer.status_code, answer.json()) == (200, expected)


def in_turn(client: httpx.Client, store: ViewStore, names: Names, do: Callable[..., None] = view) -> None:
    """Each does something and then says who they are, on one computer."""
    do(store, names.visitor, of_ann=50)
    merge(client, names.visitor, names.ann)
    time.sleep(0.01)
    do(store, names.visitor, of_bob=0)
    time.sleep(0.01)
    merge(client, names.visitor, names.bob)


def history(client: httpx.Client, person: str) -> list[str]:
    found: list[str] = client.get(HISTORY, headers={"user-id": person}).json()["products"]
    return found


def export(client: httpx.Client, person: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"people/{person}/export/").json()
    return found


def viewed(exported: dict[str, Any]) -> set[str]:
    return {each["product-id"] for each in exported["views"]}


def test_it_counts_from_the_next_answer_on(client: httpx.Client, store: ViewStore, names: Names) -> None:
    view(store, names.visitor, a=50, b=30)
    view(store, names.ann, c=40)
    for _ in range(2):
        merge(client, names.visitor, names.ann)
        assert history(client, names.ann) == ["b", "c", "a"]
    assert history(client, names.visitor) == ["b", "a"]
    deleted = client.delete(HISTORY, headers={"user-id": names.ann, "product-id": "a"})
    assert (deleted.status_code, history(client, names.ann)) == (204, ["b", "c"])
    for _ in range(2):
        merge(client, names.visitor, names.ann, path="unmerge")
        assert history(client, names.ann) == ["c"]


def test_a_second_customer_of_a_computer_is_not_joined_with_the_first(
    client: httpx.Client, store: ViewStore, names: Names
) -> None:
    in_turn(client, store, names)
    assert (history(client, names.ann), history(client, names.bob)) == (["of_ann"], ["of_bob"])
    assert viewed(export(client, names.ann)) == {"of_ann"}
    assert viewed(export(client, names.bob)) == {"of_bob"}
    # Whoever is erased takes nothing with them that is the other's.
    assert client.delete(f"people/{names.bob}/").status_code == 202
    assert (history(client, names.ann), history(client, names.bob)) == (["of_ann"], [])
    assert viewed(export(client, names.visitor)) == set()


def test_the_first_customer_erased_leaves_the_second(client: httpx.Client, store: ViewStore, names: Names) -> None:
    in_turn(client, store, names)
    assert client.delete(f"people/{names.ann}/").status_code == 202
    assert (history(client, names.ann), history(client, names.bob)) == ([], ["of_bob"])
    assert viewed(export(client, names.visitor)) == {"of_bob"}


def test_erasure_and_export_are_of_all_ids(client: httpx.Client, store: ViewStore, names: Names) -> None:
    view(store, names.visitor, a=50, b=30)
    view(store, names.ann, c=40)
    merge(client, names.visitor, names.ann)
    exported = export(client, names.ann)
    assert viewed(exported) == {"a", "b", "c"}
    ((visitor, identified_at),) = [(each["visitor-id"], each["identified-at"]) for each in exported["identities"]]
    assert visitor == names.visitor
    assert abs(datetime.now(UTC) - datetime.fromisoformat(identified_at)).total_seconds() < 120
    receipt = client.delete(f"people/{names.ann}/").json()
    parts = {part["name"]: (part["state"], part["how-many"]) for part in receipt["parts"]}
    assert parts["identities"] == ("done", 1)
    for person in (names.ann, names.visitor):
        assert history(client, person) == []
        exported = export(client, person)
        assert (exported["views"], exported["identities"]) == ([], [])
    # The visitor has a receipt of their own.
    assert client.get(f"people/{names.visitor}/erasure/").status_code == 200
    # What is done afterwards counts.
    time.sleep(0.01)
    view(store, names.visitor, d=0)
    merge(client, names.visitor, names.ann)
    assert history(client, names.ann) == ["d"]


def in_cart(client: httpx.Client, person: str) -> set[str]:
    return {each["product-id"] for each in export(client, person)["carts"]}


def test_a_visitors_cart_is_exported_and_erased_with_the_customer(
    client: httpx.Client, store: ViewStore, names: Names
) -> None:
    put_in(store, names.visitor, a=50)
    merge(client, names.visitor, names.ann)
    # With nothing in the customer's own.
    assert in_cart(client, names.ann) == {"a"}
    put_in(store, names.ann, b=40)
    assert in_cart(client, names.ann) == {"a", "b"}
    assert client.delete(f"people/{names.ann}/").status_code == 202
    assert [in_cart(client, person) for person in (names.ann, names.visitor)] == [set(), set()]


def test_of_a_shared_visitors_cart_each_customer_has_their_own(
    client: httpx.Client, store: ViewStore, names: Names
) -> None:
    in_turn(client, store, names, put_in)
    assert [in_cart(client, person) for person in (names.ann, names.bob)] == [{"of_ann"}, {"of_bob"}]
    assert client.delete(f"people/{names.ann}/").status_code == 202
    assert [in_cart(client, person) for person in (names.ann, names.bob)] == [set(), {"of_bob"}]


def test_a_product_deleted_as_a_visitor_stays_deleted_for_the_other(
    client: httpx.Client, store: ViewStore, names: Names
) -> None:
    view(store, names.visitor, deleted=50, kept=40)
    assert client.delete(HISTORY, headers={"user-id": names.visitor, "product-id": "deleted"}).status_code == 204
    merge(client, names.visitor, names.bob)
    time.sleep(0.01)
    merge(client, names.visitor, names.ann)
    assert client.delete(f"people/{names.ann}/").status_code == 202
    assert history(client, names.bob) == ["kept"]


def test_who_was_erased_is_joined_to_nobody_by_what_comes_late(
    client: httpx.Client, store: ViewStore, names: Names
) -> None:
    """As of a library that was offline: identified before the erasure, heard of after it."""
    before = datetime.now(UTC).isoformat()
    view(store, names.visitor, a=50)
    for erased in (names.ann, names.visitor):
        assert client.delete(f"people/{erased}/").status_code == 202
        url = str(client.base_url).replace("/api/v1/", "/v1/identify")
        message = {"userId": names.ann, "anonymousId": names.visitor, "timestamp": before, "messageId": "m-1"}
        assert client.post(url, json=message).status_code == 200
        assert export(client, names.ann)["identities"] == []
        identities = IdentityStore(store._link)
        assert identities.identifications(names.visitor) == []
        assert identities.visitors(names.ann) == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "visitor-id"),
        ({"visitor-id": "anon-1", "user-id": 5}, "not what is asked for"),
        ({"visitor-id": "a b", "user-id": "ann"}, "visitor-id must be 1 to 128"),
        ({"visitor-id": "anon-1", "user-id": ""}, "user-id must be 1 to 128"),
        ({"visitor-id": "anon-1", "user-id": "anon-1"}, "user-id must be a customer"),
        ({"visitor-id": "anon-1", "user-id": "visitor:7"}, "must be a customer"),
        ({"visitor-id": "bob", "user-id": "ann"}, "visitor-id must be a visitor's"),
        ({"visitor-id": "anon-1", "user-id": "ann", "more": 1}, "unknown field `more`"),
    ],
)
@pytest.mark.parametrize("path", ["merge", "unmerge"])
def test_what_is_wrong_is_said(lonely_client: httpx.Client, path: str, body: dict[str, object], detail: str) -> None:
    assert_problem(lonely_client.post(f"people/{path}/", json=body), 400, detail)


def test_without_cassandra_it_is_to_be_asked_again(lonely_client: httpx.Client, names: Names) -> None:
    body = {"visitor-id": names.visitor, "user-id": names.ann}
    assert_problem(lonely_client.post("people/merge/", json=body), 503, "Cassandra did not answer.")


def test_somebody_whose_id_is_a_word_of_the_path_is_erased_all_the_same(client: httpx.Client, store: ViewStore) -> None:
    for person in ("merge", "unmerge"):
        view(store, person, a=5)
        assert client.delete(f"people/{person}/").status_code == 202
        assert history(client, person) == []
