"""What a shopper is shown, with catalogue, best sellers and views in Cassandra."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial

import httpx
import pytest

from local_stack.stack import LocalStack
from tests.conftest import SHOP
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.integration.api.shop import RECOMMENDATIONS, SHOWN_SECONDS, Shop
from tests.integration.api.test_history import delete, post, view
from tests.integration.api.test_outages import assert_away, frozen, stopped
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, session_on
from tests.waiting import soon, wait_until
from vitrine.settings import CassandraSettings, load

# From the oldest to the newest; of "d" nothing was ever sold.
CATALOGUE = {
    **{f"a{number}": "category-a" for number in range(6)},
    **{f"b{number}": "category-b" for number in range(6)},
    **{f"c{number}": "category-c" for number in range(6)},
    **{f"d{number}": "category-d" for number in range(6)},
}
OVERALL = ["b0", "a0", "c0", "a1", "b1"]
OF_CATEGORIES = {
    "category-a": ["a0", "a1", "a2", "a3"],
    "category-b": ["b0", "b1", "b2", "b3"],
    "category-c": ["c0", "c1"],
}
NEWEST = list(reversed(CATALOGUE))
WITHOUT_HISTORY = list(dict.fromkeys([*OVERALL, *NEWEST]))


@pytest.fixture(scope="module")
def empty_shop(prepared_stack: LocalStack, api: Api) -> Iterator[Shop]:
    keyspace = load(CassandraSettings).cassandra_keyspace
    settings = cassandra_settings(prepared_stack, keyspace=keyspace)
    with opened(settings) as views, session_on(settings) as session:
        await_answers(views)
        made = Shop(session, views, api)
        yield made
        made.clear()


@pytest.fixture
def no_shop(empty_shop: Shop) -> Shop:
    empty_shop.clear()
    empty_shop.await_products("nobody", [])
    return empty_shop


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    empty_shop.clear()
    empty_shop.stock(CATALOGUE)
    empty_shop.sell(OVERALL, OF_CATEGORIES, period="2026-10")
    empty_shop.await_products("nobody", WITHOUT_HISTORY)
    return empty_shop


@pytest.fixture
def userid() -> str:
    return f"user-{uuid.uuid4()}"


def test_what_a_customer_viewed_as_a_visitor_counts(shop: Shop, userid: str, client: httpx.Client) -> None:
    visitor = f"anon-{uuid.uuid4().hex}"
    shop.view(visitor, "c1", "a2")
    assert shop.recommendations(userid)["type"] == "non-personalized"
    assert client.post("people/merge/", json={"visitor-id": visitor, "user-id": userid}).status_code == 200
    assert shop.recommendations(userid) == {**shop.recommendations(visitor), "user-id": userid}
    assert shop.recommendations(userid)["type"] == "personalized"


def test_a_user_never_seen_is_shown_the_top_sellers_then_the_newest(shop: Shop, userid: str) -> None:
    body = shop.recommendations(userid)
    assert body == {"user-id": userid, "products": WITHOUT_HISTORY[:10], "type": "non-personalized"}
    assert list(shop.ask(RECOMMENDATIONS, userid)) == ["user-id", "products", "type", "recommendation-id"]


def test_the_best_sellers_of_viewed_categories_come_first_and_what_was_viewed_last(shop: Shop, userid: str) -> None:
    shop.view(userid, "a0", "a5", "a5", "a5", "b0")
    body = shop.recommendations(userid)
    assert body["type"] == "personalized"
    assert body["products"] == ["a1", "a2", "b1", "a3", "b2", "b3", "c0", "d5", "d4", "d3"]
    everything = shop.recommendations(userid, limit=50)["products"]
    assert sorted(everything) == sorted(CATALOGUE)
    assert everything[-3:] == ["a0", "b0", "a5"]


def test_recent_views_weigh_more(shop: Shop, userid: str) -> None:
    shop.view(userid, "a5", "a5", "a5", days_ago=30)
    assert shop.recommendations(userid, limit=1)["products"] == ["a0"]
    shop.view(userid, "b5", days_ago=1)
    assert shop.recommendations(userid, limit=1)["products"] == ["b0"]


def test_each_product_is_explained(shop: Shop, userid: str) -> None:
    shop.view(userid, "c0", "c0", "c0", "c0")
    body = shop.recommendations(userid, explain="true", limit=50)
    assert body["products"] == shop.recommendations(userid, limit=50)["products"]
    assert [each["product"] for each in body["explanations"]] == body["products"]
    explained = {each.pop("product"): each for each in body["explanations"]}
    in_category = "best seller in category-c, which you viewed 4 times"
    assert explained["c1"] == {"source": "category-best-sellers", "reason": in_category}
    assert explained["b0"] == {"source": "best-sellers", "reason": "top seller of 2026-10"}
    assert explained["d5"] == {"source": "newest", "reason": "new in the catalogue"}
    last = {"source": "viewed-lately", "reason": f"{in_category}; comes last, as you viewed it lately"}
    assert explained["c0"] == last
    assert "explanations" not in shop.recommendations(userid, explain="false")


def test_deleted_views_count_for_nothing(shop: Shop, client: httpx.Client, userid: str) -> None:
    shop.view(userid, "a5", "b5", "b5")
    assert shop.recommendations(userid, limit=1)["products"] == ["b0"]
    assert delete(client, userid, "b5").status_code == 204
    body = shop.recommendations(userid, limit=50, explain="true")
    assert body["products"][:4] == ["a0", "a1", "a2", "a3"]
    assert body["products"][-1] == "a5"
    assert body["explanations"][0]["reason"] == "best seller in category-a, which you viewed once"
    assert delete(client, userid, "a5").status_code == 204
    body = shop.recommendations(userid, limit=50)
    assert (body["products"], body["type"]) == (WITHOUT_HISTORY, "non-personalized")


@pytest.mark.usefixtures("consumer")
def test_a_view_counts_in_the_first_answer_after_it_was_stored(shop: Shop, client: httpx.Client, userid: str) -> None:
    assert shop.recommendations(userid)["type"] == "non-personalized"
    post(client, view(userid, "c5", minute=1))
    history = partial(client.get, "user_nav_history_latest_products/", headers={"user-id": userid})
    wait_until(lambda: history().json()["products"], what="the view is not shown", pause=0)
    assert shop.recommendations(userid)["products"][:2] == ["c0", "c1"]


def test_views_of_unknown_products_are_no_history(shop: Shop, userid: str) -> None:
    shop.view(userid, "unknown", "gone")
    body = shop.recommendations(userid, limit=50)
    assert (body["products"], body["type"]) == (WITHOUT_HISTORY, "non-personalized")


def test_no_more_than_the_last_hundred_views_count(shop: Shop, userid: str) -> None:
    shop.view(userid, "a5", days_ago=1)
    shop.view(userid, *["b5"] * 100)
    assert shop.recommendations(userid, explain="true")["explanations"][0]["reason"] == (
        "best seller in category-b, which you viewed 100 times"
    )
    assert shop.recommendations(userid, limit=5)["products"][4] == "a0", "out of the overall list, not of its own"


@pytest.mark.parametrize("limit", [1, 10, 24, 50])
def test_as_many_as_asked_for_or_the_whole_catalogue(shop: Shop, userid: str, limit: int) -> None:
    shop.view(userid, *CATALOGUE)
    for user in (userid, "nobody"):
        products = shop.recommendations(user, limit=limit)["products"]
        assert len(products) == len(set(products)) == min(limit, len(CATALOGUE))


def test_a_catalogue_of_ten_that_were_all_viewed(no_shop: Shop, userid: str) -> None:
    ten = {f"p{number}": "category-a" for number in range(10)}
    no_shop.stock(ten)
    no_shop.await_products("nobody", list(reversed(ten)))
    no_shop.view(userid, *ten)
    body = no_shop.recommendations(userid)
    assert (sorted(body["products"]), body["type"]) == (sorted(ten), "personalized")


def test_a_catalogue_of_fewer_than_ten(no_shop: Shop, userid: str) -> None:
    no_shop.stock({"p1": "category-a", "p2": "category-a"})
    no_shop.await_products("nobody", ["p2", "p1"])
    no_shop.view(userid, "p2")
    assert no_shop.recommendations(userid)["products"] == ["p1", "p2"]


def test_nothing_was_ever_stored(no_shop: Shop, userid: str) -> None:
    no_shop.view(userid, "a0")
    for user in (userid, "nobody"):
        assert no_shop.recommendations(user) == {"user-id": user, "products": [], "type": "non-personalized"}


def test_best_sellers_without_a_catalogue_are_not_shown(no_shop: Shop) -> None:
    no_shop.sell(OVERALL, OF_CATEGORIES, period="2026-10")
    time.sleep(SHOWN_SECONDS)
    assert no_shop.recommendations("nobody")["products"] == []


def test_a_new_edition_is_shown_within_five_seconds(shop: Shop, userid: str) -> None:
    sold: list[str] = []

    def sell_another() -> None:
        sold.append(["d0", "d1"][len(sold) % 2])
        shop.sell(sold[-1:], {"category-a": ["a5"]}, period="2026-11")
        shop.await_products("nobody", [sold[-1], *[product for product in NEWEST if product != sold[-1]]])

    soon(sell_another, within=SHOWN_SECONDS)
    shop.view(userid, "a0")
    found = shop.recommendations(userid, limit=2, explain="true")["explanations"]
    assert [(each["product"], each["source"]) for each in found] == [
        ("a5", "category-best-sellers"),
        (sold[-1], "best-sellers"),
    ]
    assert found[1]["reason"] == "top seller of 2026-11"


def test_no_answer_has_half_of_an_edition(shop: Shop, userid: str) -> None:
    """Of two generations of lists, each answer is of one."""
    generations = [(OVERALL, OF_CATEGORIES, "2026-10"), (["d0"], {"category-a": ["a5", "a4"]}, "2026-11")]
    shop.view(userid, "a1")
    is_over = threading.Event()

    def replace() -> None:
        while not is_over.is_set():
            for overall, of_categories, period in generations:
                shop.sell(overall, of_categories, period=period)

    expected = {("a0", "a2", "a3", "b0", "c0"), ("a5", "a4", "d0", "d5", "d4")}
    with ThreadPoolExecutor(1) as pool:
        replacing = pool.submit(replace)
        deadline = time.monotonic() + 8
        try:
            seen = set()
            while time.monotonic() < deadline:
                seen.add(tuple(shop.recommendations(userid, limit=5)["products"]))
        finally:
            is_over.set()
        replacing.result()
    assert seen == expected


@pytest.mark.parametrize("outage", ["stopped", "frozen"])
def test_without_cassandra_there_are_no_recommendations_until_it_is_back(
    prepared_stack: LocalStack, api: Api, client: httpx.Client, shop: Shop, outage: str
) -> None:
    away: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "stopped": partial(stopped, prepared_stack, api, "cassandra"),
        "frozen": partial(frozen, prepared_stack.environment()["VITRINE_CASSANDRA_PORT"], api),
    }
    with away[outage]():
        end = time.monotonic() + SHOWN_SECONDS + 2
        while time.monotonic() < end:
            assert_away(lambda: client.get(RECOMMENDATIONS, headers={"user-id": "nobody"}), "Cassandra")
            time.sleep(0.1)
    assert shop.recommendations("nobody", limit=50)["products"] == WITHOUT_HISTORY


@pytest.mark.parametrize("explain", ["", "1", "yes", "True", "TRUE", "no", "null"])
def test_explain_is_true_or_false(lonely_client: httpx.Client, explain: str) -> None:
    answer = lonely_client.get(RECOMMENDATIONS, params={"explain": explain}, headers={"user-id": "user-78"})
    assert_problem(answer, 400, "The query parameter explain must be true or false.")


@pytest.mark.parametrize("limit", ["0", "51", "ten", ""])
def test_a_limit_out_of_range_is_refused(lonely_client: httpx.Client, limit: str) -> None:
    answer = lonely_client.get(RECOMMENDATIONS, params={"limit": limit}, headers={"user-id": "user-78"})
    assert_problem(answer, 400, "The query parameter limit must be a whole number from 1 to 50.")


def test_the_header_is_needed(lonely_client: httpx.Client) -> None:
    assert_problem(lonely_client.get(RECOMMENDATIONS), 400, "The header user-id is missing.")
    answer = lonely_client.get(RECOMMENDATIONS, headers={"user-id": "a b"})
    assert_problem(answer, 400, "The header user-id must be 1 to 128 characters")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_is_for_reading_only(lonely_client: httpx.Client, method: str) -> None:
    answer = lonely_client.request(method, RECOMMENDATIONS, headers={"user-id": "user-78"})
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_browser_may_ask(lonely_client: httpx.Client) -> None:
    assert lonely_client.options(RECOMMENDATIONS).headers["allow"] == "GET, HEAD, OPTIONS"
    asked = {"origin": SHOP, "access-control-request-method": "GET", "access-control-request-headers": "user-id"}
    answer = lonely_client.options(RECOMMENDATIONS, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP


def test_without_servers_it_says_so(lonely_client: httpx.Client) -> None:
    assert_away(lambda: lonely_client.get(RECOMMENDATIONS, headers={"user-id": "user-78"}), "Cassandra")
