"""Answers out of a model file, on the real servers: what is learned, filtered, similar, rising, and noted."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api, await_ready, serving
from tests.integration.api.shop import RECOMMENDATIONS, Shop
from tests.integration.api.test_outages import stopped
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, opened, session_on
from tests.unit.vitrine.learning.small_model import SMALL, View, learn, random_sessions, session
from tests.waiting import wait_until
from vitrine.learning import Model
from vitrine.settings import CassandraSettings, KafkaSettings, load

CATALOGUE = {
    **{f"a{number}": "category-a" for number in range(20)},
    **{f"b{number}": "category-b" for number in range(20)},
    **{f"c{number}": "category-c" for number in range(20)},
}
TRENDING = "products/trending/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="module")
def learned_api(prepared_stack: LocalStack, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    environment = prepared_stack.environment() | {"VITRINE_MODEL_FOLDER": str(folder)}
    with serving(tmp_path_factory.mktemp("api"), **environment) as running:
        await_ready(running)
        yield running


@pytest.fixture(scope="module")
def empty_shop(prepared_stack: LocalStack, learned_api: Api) -> Iterator[Shop]:
    settings = cassandra_settings(prepared_stack, keyspace=load(CassandraSettings).cassandra_keyspace)
    with opened(settings) as views, session_on(settings) as cassandra:
        await_answers(views)
        made = Shop(cassandra, views, learned_api)
        yield made
        made.clear()


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    empty_shop.clear()
    empty_shop.stock(CATALOGUE)
    empty_shop.sell(["b0", "a0"], {"category-a": ["a0", "a1"]}, period="2026-10")
    await_shown(empty_shop, "b0", "a0", "c19")
    return empty_shop


@pytest.fixture
def model(folder: Path) -> Iterator[Model]:
    """A new one, in a generation of its own, that has learned nothing yet."""
    made = Model.open(folder, SMALL, anew=True)
    yield made
    made.close()


@pytest.fixture
def userid() -> str:
    return f"user-{uuid.uuid4()}"


def await_shown(shop: Shop, *products: str) -> None:
    """Until every process shows these first to somebody who viewed nothing."""
    shop.await_products("nobody", list(products), limit=len(products))


def recently(sessions: list[str], user: str = "other") -> list[View]:
    start = time.time() - 3600
    return [view for number, each in enumerate(sessions) for view in session(f"{user}-{number}", each, at=start)]


def explained(shop: Shop, path: str, userid: str, **parameters: str | int | bool) -> dict[str, str]:
    body = shop.ask(path, userid, explain="true", **parameters)
    return {each["product"]: f"{each['source']}: {each['reason']}" for each in body["explanations"]}


def test_what_others_viewed_together_comes_first(shop: Shop, model: Model, userid: str) -> None:
    learn(model, recently(["a5 b7", "a5 b7", "c3 b7", "a5 gone"]))
    shop.view(userid, "c3", "a5")
    body = shop.recommendations(userid, explain="true")
    assert body["type"] == "personalized"
    assert body["products"][0] == "b7"
    assert body["explanations"][0] == {
        "product": "b7",
        "source": "viewed-together",
        "reason": "viewed together with a5 and c3",
    }
    assert len(set(body["products"])) == 10
    everything = shop.recommendations(userid, limit=50)["products"]
    assert "gone" not in everything
    assert not {"a5", "c3"} & set(body["products"])


def test_a_view_that_is_learned_changes_the_next_answer(shop: Shop, model: Model, userid: str) -> None:
    shop.view(userid, "a5")
    assert shop.recommendations(userid)["products"][0] == "a0"
    learn(model, recently(["a5 c9", "a5 c9"]))
    time.sleep(0.3)  # c9 is new to the model: it is looked up once in a quarter of a second
    for _ in range(10):
        assert shop.recommendations(userid)["products"][0] == "c9"


def test_without_a_catalogue_answers_come_from_views(empty_shop: Shop, model: Model, userid: str) -> None:
    empty_shop.clear()
    learn(model, recently(["x1 x2", "x1 x2", "x3"]))
    await_shown(empty_shop, "x2", "x1", "x3")
    empty_shop.view(userid, "x1")
    found = explained(empty_shop, RECOMMENDATIONS, userid)
    assert found == {
        "x2": "viewed-together: viewed together with x1",
        "x3": "most-viewed: much viewed lately",
        "x1": "viewed-lately: much viewed lately; comes last, as you viewed it lately",
    }


def test_a_new_generation_is_picked_up_without_a_restart(shop: Shop, folder: Path, userid: str) -> None:
    shop.view(userid, "a5")
    for product in ("b7", "c3"):
        model = Model.open(folder, SMALL, anew=True)
        learn(model, recently([f"a5 {product}"]))
        model.close()
        for _ in range(10):
            assert shop.recommendations(userid)["products"][0] == product


def test_answers_are_whole_while_the_model_is_written(learned_api: Api, shop: Shop, model: Model, userid: str) -> None:
    url = learned_api.url + RECOMMENDATIONS
    views = random_sessions(1, users=300, products=60)
    names = list(CATALOGUE)
    named = [View(view.user, names[int(view.product[1:])], view.id, view.time) for view in views]
    shop.view(userid, "a1", "b1", "c1")
    is_over = threading.Event()

    def read() -> int:
        count = 0
        while not is_over.is_set():
            answer = httpx.get(url, headers={"user-id": userid}, timeout=120)
            # On a busy machine Cassandra may not answer in time; what is answered is whole.
            if answer.status_code == 503:
                continue
            products = answer.json()["products"]
            assert len(set(products)) == 10
            assert set(products) <= CATALOGUE.keys()
            count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for start in range(0, len(named), 50):
                learn(model, named[start : start + 50])
                time.sleep(0.02)
        finally:
            is_over.set()
        assert all(reader.result() > 5 for reader in readers)


def test_filters_hold(shop: Shop, model: Model, userid: str) -> None:
    learn(model, recently(["a5 b7", "a5 c3", "a5 a9"]))
    shop.view(userid, "a5")
    of_category = shop.recommendations(userid, category="category-c")["products"]
    assert of_category[0] == "c3"
    assert len({product for product in of_category if product[0] == "c"}) == 10
    without = shop.recommendations(userid, exclude="b7,c3,a9")["products"]
    assert len(set(without) - {"b7", "c3", "a9"}) == 10
    of_each = [CATALOGUE[product] for product in shop.recommendations(userid, max_per_category=2)["products"]]
    assert sorted(of_each) == sorted([*["category-a"] * 2, *["category-b"] * 2, *["category-c"] * 2])
    assert shop.recommendations(userid, category="none")["products"] == []
    assert shop.recommendations(userid, price_from="1")["products"] == [], "nothing has a price"


def test_prices_and_stock(shop: Shop, userid: str) -> None:
    shop.stock({"a0": "category-a"}, in_stock=False)
    shop.stock({"dear": "category-a"}, price=100)
    shop.stock({"cheap": "category-a"}, price=9.99)
    await_shown(shop, "b0", "c19")
    assert "a0" not in shop.recommendations(userid, limit=50)["products"]
    assert shop.recommendations(userid, in_stock="false")["products"][:2] == ["b0", "a0"]
    assert shop.recommendations(userid, price_to="9.99")["products"] == ["cheap"]
    assert shop.recommendations(userid, price_from="10", price_to="100")["products"] == ["dear"]


def test_similar_products(shop: Shop, model: Model, userid: str) -> None:
    learn(model, recently(["a5 b7", "a5 b7", "hidden c4"]))
    body = shop.ask("products/a5/similar/", userid, explain="true")
    assert list(body) == ["product-id", "products", "recommendation-id", "explanations"]
    assert body["product-id"] == "a5"
    assert body["products"][:4] == ["b7", "a0", "a1", "a19"]
    assert [f"{each['source']}: {each['reason']}" for each in body["explanations"][:4]] == [
        "viewed-together: viewed together with a5",
        "same-category: best seller in category-a",
        "same-category: best seller in category-a",
        "same-category: new in category-a",
    ]
    assert shop.ask("products/hidden/similar/", userid)["products"] == ["c4"]
    assert shop.ask("products/a5/similar/", userid, category="category-b", limit=1)["products"] == ["b7"]


def test_a_product_that_nobody_knows_has_nothing_similar(learned_api: Api, shop: Shop) -> None:
    assert shop.ask("products/a1/similar/", "user-78")["products"]
    answer = httpx.get(f"{learned_api.url}products/unknown/similar/")
    assert_problem(answer, 404, "unknown is not in the catalogue, and was never viewed.")


@pytest.mark.parametrize("period", ["hour", "day", "week"])
def test_what_rises(shop: Shop, model: Model, userid: str, period: str) -> None:
    month = 30 * 86_400
    old = [session(f"old-{number}", "a9 b9", at=time.time() - month) for number in range(20)]
    learn(model, [view for each in old for view in each])
    learn(model, recently(["c9"] * 5 + ["a9"]))
    time.sleep(0.3)
    body = shop.ask(TRENDING, userid, period=period, explain="true")
    assert (body["period"], body["products"][0]) == (period, "c9")
    assert body["explanations"][0]["source"] == "trending"
    assert len(set(body["products"])) == 10
    assert shop.ask(TRENDING, userid, period=period, category="category-b")["products"][0] in CATALOGUE
    assert list(body) == ["period", "products", "recommendation-id", "explanations"]


def test_without_a_model_best_sellers_are_shown(shop: Shop, folder: Path, userid: str) -> None:
    Model.open(folder, SMALL, anew=True).close()
    assert shop.ask(TRENDING, userid)["products"][:3] == ["b0", "a0", "c19"]


def test_health_says_how_old_the_model_is(learned_api: Api, model: Model) -> None:
    assert httpx.get(f"{learned_api.url}health/").json()["model"] == "none"
    learn(model, session("user", "a1 a2", at=time.time() - 660))
    body = httpx.get(f"{learned_api.url}health/").json()
    assert body["model"]["generation"] >= 1
    assert 600 <= body["model"]["age-seconds"] < 700
    assert body["ready"] == {"status": "ready", "cassandra": "up", "kafka": "up"}
    assert body["shown"] == {"lost": 0}


def test_health_without_a_model_file(api: Api) -> None:
    assert httpx.get(f"{api.url}health/").json()["model"] == "none"


def test_what_was_shown_stands_in_a_topic(prepared_stack: LocalStack, shop: Shop, model: Model, userid: str) -> None:
    learn(model, recently(["a5 b7"]))
    shop.view(userid, "a5")
    bodies = [
        shop.ask(RECOMMENDATIONS, userid),
        shop.ask("products/a5/similar/", userid),
        shop.ask(TRENDING, userid),
    ]
    noted = {each["recommendation-id"]: each for each in shown_to(prepared_stack, userid, count=3)}
    assert noted.keys() == {body["recommendation-id"] for body in bodies}
    for body, endpoint in zip(bodies, ["user_history_recommendations", "similar", "trending"], strict=True):
        message = noted[body["recommendation-id"]]
        assert message["products"] == body["products"]
        assert (message["user-id"], message["endpoint"]) == (userid, endpoint)
        assert len(message["sources"]) == len(message["products"])
        assert message["model"]["generation"] >= 1
        assert message["shown-at"].endswith("Z")
    assert noted[bodies[0]["recommendation-id"]]["sources"][0] == "viewed-together"


def test_a_broker_that_is_away_costs_an_answer_nothing(
    prepared_stack: LocalStack, learned_api: Api, shop: Shop, userid: str
) -> None:
    with stopped(prepared_stack, learned_api, "kafka"):
        began = time.monotonic()
        answers = [shop.ask(RECOMMENDATIONS, userid) for _ in range(20)]
        assert time.monotonic() - began < 10
        assert all(len(answer["products"]) == 10 for answer in answers)

        def lost() -> bool:
            counts = (httpx.get(f"{learned_api.url}health/").json()["shown"]["lost"] for _ in range(10))
            return any(counts)

        wait_until(lost, what="what was lost is not counted")
    assert "what was shown is not recorded" in learned_api.log.read_text()


def shown_to(stack: LocalStack, userid: str, *, count: int) -> list[dict[str, Any]]:
    """The messages of the topic that are of this user."""
    consumer = Consumer(
        {
            "bootstrap.servers": stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"],
            "group.id": str(uuid.uuid4()),
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([load(KafkaSettings).shown_topic])
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + 120
    try:
        while len(found) < count and time.monotonic() < deadline:
            message = consumer.poll(1)
            if message is not None and message.error() is None and message.key() == userid.encode():
                value = message.value()
                assert value
                found.append(json.loads(value))
    finally:
        consumer.close()
    return found


BAD = [
    ("category", "a\x01b", "The query parameter category must be a category, or a path such as Home > Lamps"),
    ("category", "a" * 1028, "The query parameter category must be a category, or a path such as Home > Lamps"),
    ("category", "", "The query parameter category must be a category, or a path such as Home > Lamps"),
    ("exclude", "a,,b", "The query parameter exclude must be product ids"),
    ("exclude", ",".join(["a"] * 101), "The query parameter exclude must name no more than 100 products."),
    ("in_stock", "yes", "The query parameter in_stock must be true or false."),
    ("price_from", "-1", "The query parameter price_from must be a price from 0"),
    ("price_to", "1.999", "The query parameter price_to must be a price from 0"),
    ("price_to", "NaN", "The query parameter price_to must be a price from 0"),
    ("max_per_category", "0", "The query parameter max_per_category must be a whole number from 1 to 50."),
    ("limit", "51", "The query parameter limit must be a whole number from 1 to 50."),
    ("explain", "1", "The query parameter explain must be true or false."),
]


@pytest.mark.parametrize("path", [RECOMMENDATIONS, "products/a1/similar/", TRENDING])
@pytest.mark.parametrize(("name", "value", "detail"), BAD)
def test_a_filter_that_is_not_right_is_named(
    lonely_client: httpx.Client, path: str, name: str, value: str, detail: str
) -> None:
    answer = lonely_client.get(path, params={name: value}, headers={"user-id": "user-78"})
    assert_problem(answer, 400, detail)


def test_other_parameters_that_are_not_right(lonely_client: httpx.Client) -> None:
    answer = lonely_client.get(TRENDING, params={"period": "month"})
    assert_problem(answer, 400, "The query parameter period must be hour, day or week.")
    answer = lonely_client.get(TRENDING, params={"price_from": "2", "price_to": "1"})
    assert_problem(answer, 400, "The query parameter price_from must not be above price_to.")
    assert_problem(lonely_client.get(TRENDING, headers={"user-id": "a b"}), 400, "The header user-id must be 1 to 128")
    assert_problem(lonely_client.get("products/a%20b/similar/"), 400, "The product id in the path must be")
    assert_problem(lonely_client.get("products/a1/similar/", params={"exclude": ["a", "b c"]}), 400, "exclude")
