"""What a shopper viewed last, through Kafka, the consumer and Cassandra."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.storage.keyspaces import cassandra_settings, connected, select
from tests.waiting import wait_until
from vitrine.settings import CassandraSettings, load

HISTORY = "user_nav_history_latest_products/"
START = datetime.now(UTC) - timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("consumer")


def view(userid: str, productid: str, *, minute: float) -> dict[str, Any]:
    return {
        "event": "ProductView",
        "messageid": str(uuid.uuid4()),
        "userid": userid,
        "properties": {"productid": productid},
        "context": {"source": "desktop"},
        "timestamp": (START + timedelta(minutes=minute)).isoformat(),
    }


def post(client: httpx.Client, *views: dict[str, Any]) -> None:
    answer = client.post("events/", json=list(views))
    assert (answer.status_code, answer.json()) == (202, {"accepted": len(views)})


def products(client: httpx.Client, userid: str, **parameters: str | int) -> list[str]:
    answer = client.get(HISTORY, headers={"user-id": userid}, params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body == {"user-id": userid, "products": body["products"], "type": "personalized"}
    assert list(body) == ["user-id", "products", "type"]
    return list(body["products"])


def await_products(client: httpx.Client, userid: str, expected: list[str], **parameters: str | int) -> None:
    def shown() -> list[str]:
        return products(client, userid, **parameters)

    wait_until(lambda: shown() == expected, what=lambda: f"{expected}: {shown()}")


def delete(client: httpx.Client, userid: str, productid: str) -> httpx.Response:
    return client.delete(HISTORY, headers={"user-id": userid, "product-id": productid})


@pytest.fixture
def userid() -> str:
    return f"user-{uuid.uuid4()}"


def test_a_user_never_seen_has_no_products(client: httpx.Client, userid: str) -> None:
    assert products(client, userid) == []


def test_distinct_products_come_newest_view_first(client: httpx.Client, userid: str) -> None:
    names = ["a", "b", "a", "c", "b"]
    post(client, *(view(userid, name, minute=minute) for minute, name in enumerate(names)))
    await_products(client, userid, ["b", "c", "a"])


def test_views_without_a_time_count_in_the_order_given(client: httpx.Client, userid: str) -> None:
    """Message ids that would turn the order around, where the times are the same."""
    names = [f"product-{number}" for number in range(20)]
    views = [view(userid, name, minute=0) | {"messageid": f"{n:02}"} for n, name in enumerate(names)]
    for each in views:
        del each["timestamp"]
    post(client, *views)
    await_products(client, userid, names[::-1], limit=50)
    post(client, views[0])
    await_products(client, userid, [names[0], *names[:0:-1]], limit=50)


def test_a_view_sent_again_is_the_same_only_with_its_time(
    prepared_stack: LocalStack, client: httpx.Client, userid: str
) -> None:
    with_time = view(userid, "with", minute=0)
    without_time = {name: value for name, value in view(userid, "without", minute=0).items() if name != "timestamp"}
    for _ in range(3):
        post(client, with_time, without_time)
    # Kafka keeps the views of a user in order: when the last is there, all are.
    post(client, view(userid, "last", minute=59))
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    query = f"SELECT productid FROM {settings.cassandra_keyspace}.product_views WHERE userid = %s"
    with connected(settings) as session:
        wait_until(lambda: ("last",) in select(session, query, userid), what="a view is missing")
        assert Counter(select(session, query, userid)) == {("with",): 1, ("without",): 3, ("last",): 1}


def test_what_was_viewed_just_now_can_be_deleted_at_once(client: httpx.Client, userid: str) -> None:
    """Views without a time are never later than a deletion that comes after them."""
    views = [view(userid, "a", minute=0) for _ in range(500)]
    for each in views:
        del each["timestamp"]
    post(client, *views)
    delete(client, userid, "a")
    post(client, view(userid, "b", minute=1))
    await_products(client, userid, ["b"])


def test_ten_unless_the_limit_says_otherwise(client: httpx.Client, userid: str) -> None:
    names = [f"product-{number}" for number in range(60)]
    post(client, *(view(userid, name, minute=minute / 2) for minute, name in enumerate(names)))
    newest_first = names[::-1]
    await_products(client, userid, newest_first[:50], limit=50)
    assert products(client, userid) == newest_first[:10]
    assert products(client, userid, limit=1) == newest_first[:1]
    assert products(client, userid, unknown="x") == newest_first[:10]


def test_a_deleted_product_comes_back_with_a_newer_view_only(client: httpx.Client, userid: str) -> None:
    seen = [view(userid, name, minute=minute) for minute, name in enumerate("abc")]
    post(client, *seen)
    await_products(client, userid, ["c", "b", "a"])
    answer = delete(client, userid, "b")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert products(client, userid) == ["c", "a"]
    late = view(userid, "b", minute=2.5)
    post(client, *seen, late, view(userid, "d", minute=3))
    await_products(client, userid, ["d", "c", "a"])
    newer = view(userid, "b", minute=0) | {"timestamp": datetime.now(UTC).isoformat()}
    post(client, newer)
    await_products(client, userid, ["b", "d", "c", "a"])


def test_what_is_not_in_the_history_is_not_found(client: httpx.Client, userid: str) -> None:
    post(client, view(userid, "product-1", minute=1))
    await_products(client, userid, ["product-1"])
    assert_problem(delete(client, userid, "product-2"), 404, f"product-2 is not in the history of {userid}.")
    assert delete(client, userid, "product-1").status_code == 204
    assert_problem(delete(client, userid, "product-1"), 404)


def test_a_view_that_was_on_its_way_when_its_product_was_deleted_does_not_show(
    client: httpx.Client, userid: str
) -> None:
    on_its_way = view(userid, "a", minute=1)
    will_not_show = "A view of it made before now that is still on its way will not show."
    assert_problem(delete(client, userid, "a"), 404, will_not_show)
    post(client, on_its_way, view(userid, "b", minute=0))
    await_products(client, userid, ["b"])
    post(client, on_its_way | {"messageid": "later", "timestamp": datetime.now(UTC).isoformat()})
    await_products(client, userid, ["a", "b"])


def test_every_character_of_an_id_is_allowed(client: httpx.Client) -> None:
    userid = "AZaz09._~:@+-" + "x" * (128 - 13)
    post(client, view(userid, userid, minute=1))
    await_products(client, userid, [userid])


def test_all_servers_are_up(client: httpx.Client) -> None:
    up = {"status": "ready", "cassandra": "up", "kafka": "up"}
    assert client.get("health/ready/").json() == up
    nothing = {"model": "none", "shown": {"lost": 0}, "cache": "up", "rules": "up", "experiments": "up"}
    access = {"open-to": ["127.0.0.0/8", "::1/128"], "keys": "up", "limits": "shared"}
    assert client.get("health/").json() == {"live": {"status": "live"}, "ready": up, **nothing, "access": access}
