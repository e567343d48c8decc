"""New order lines are announced to Kafka, once, before they are in Cassandra."""

import json
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import Message

from local_stack.stack import LocalStack
from tests.integration.pipelines.shop import Shop, assert_equal, run
from tests.integration.storage.servers import stopped
from tests.integration.streaming.topic import stored
from vitrine.errors import StreamUnavailableError
from vitrine.pipelines import announcing
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import ensure_topics


@pytest.fixture
def kafka(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[KafkaSettings]:  # noqa: ARG001 - it comes before
    """A topic of the test's own."""
    monkeypatch.setenv("VITRINE_PURCHASES_TOPIC", f"purchases-{uuid.uuid4()}")
    load.cache_clear()
    ensure_topics(load(KafkaSettings))
    yield load(KafkaSettings)
    load.cache_clear()


def announced(settings: KafkaSettings) -> list[tuple[str, str, str]]:
    """User, order and product of each."""
    found = [json.loads(message.value() or b"") for message in _messages(settings)]
    return sorted((each["userid"], line["orderid"], line["productid"]) for each in found for line in each["lines"])


def _messages(settings: KafkaSettings) -> list[Message]:
    return stored(settings, settings.purchases_topic)


def test_each_line_is_announced_when_it_is_new_and_not_again(shop: Shop, kafka: KafkaSettings) -> None:
    shop.add_products(5)
    shop.order("order-1", "user-1", product_1=2, product_2=1)
    run()
    assert announced(kafka) == [("user-1", "order-1", "product-1"), ("user-1", "order-1", "product-2")]
    shop.order("order-2", "user-1", product_1=1)
    shop.add_item("order-1", "product-3")
    run()
    run(set_watermark_back_to="1970-01-02")
    lines = [("user-1", "order-1", f"product-{n}") for n in (1, 2, 3)]
    assert announced(kafka) == [*lines, ("user-1", "order-2", "product-1")]


def test_it_says_who_bought_what_when_and_how_many(shop: Shop, kafka: KafkaSettings) -> None:
    shop.add_products(1)
    shop.order("order-1", "user-1", "2026-10-05T12:00:00.123Z", product_1=2)
    run()
    (message,) = _messages(kafka)
    assert message.key() == b"user-1"
    assert json.loads(message.value() or b"") == {
        "event": "Purchases",
        "userid": "user-1",
        "lines": [
            {
                "orderid": "order-1",
                "productid": "product-1",
                "quantity": 2,
                "timestamp": "2026-10-05T12:00:00.123+00:00",
            }
        ],
    }


def test_what_one_user_bought_is_one_message_of_a_size_that_kafka_takes(
    shop: Shop, kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "LINES_PER_MESSAGE", 3)
    shop.add_products(5)
    shop.order("order-1", "user-1", product_1=1, product_2=1)
    shop.order("order-2", "user-1", product_3=1, product_4=1)
    shop.order("order-3", "user-2", product_5=1)
    run()
    counts = [(message.key(), len(json.loads(message.value() or b"")["lines"])) for message in _messages(kafka)]
    assert sorted(counts) == [(b"user-1", 1), (b"user-1", 3), (b"user-2", 1)]


def test_while_kafka_is_away_new_lines_wait_and_a_run_with_none_goes_on(
    shop: Shop, kafka: KafkaSettings, stack: LocalStack
) -> None:
    shop.add_products(2)
    shop.order("order-1", "user-1", product_1=1)
    run()
    with stopped(stack, "kafka"):
        shop.execute("UPDATE order_items SET quantity = 7")
        run()
        shop.order("order-2", "user-2", product_2=1)
        with pytest.raises(StreamUnavailableError):
            run()
    run()
    assert_equal(shop)
    assert set(announced(kafka)) == {("user-1", "order-1", "product-1"), ("user-2", "order-2", "product-2")}
