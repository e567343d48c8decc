"""What reaches Kafka of what is posted."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from local_stack.stack import LocalStack
from tests.integration.api.assertions import assert_problem
from vitrine.settings import KafkaSettings, load

JSON = {"content-type": "application/json"}


class Topic:
    """The messages that arrive from now on."""

    def __init__(self, servers: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": servers, "group.id": str(uuid.uuid4())})
        name = load(KafkaSettings).views_topic
        partitions = self._consumer.list_topics(name, timeout=120).topics[name].partitions
        self._consumer.assign([TopicPartition(name, each, self._end(name, each)) for each in partitions])

    def messages(self, count: int, *, seconds: float = 120) -> list[Message]:
        """This many messages, or those that have come in time."""
        found: list[Message] = []
        deadline = time.monotonic() + seconds
        while len(found) < count and time.monotonic() < deadline:
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                found.append(message)
        return found

    def close(self) -> None:
        self._consumer.close()

    def _end(self, name: str, partition: int) -> int:
        _, end = self._consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=120)
        return int(end)


@pytest.fixture
def topic(prepared_stack: LocalStack) -> Iterator[Topic]:
    opened = Topic(prepared_stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"])
    yield opened
    opened.close()


def view(**changes: object) -> dict[str, Any]:
    return {
        "event": "ProductView",
        "messageid": str(uuid.uuid4()),
        "userid": "user-78",
        "properties": {"productid": "product-173"},
        "context": {"source": "desktop"},
        **changes,
    }


def test_one_view_is_acknowledged_with_the_bytes_it_came_in(client: httpx.Client, topic: Topic) -> None:
    body = json.dumps(view(colour="grün", nested={"unknown": [1, 2.50]}), ensure_ascii=False, indent=2).encode()
    answer = client.post("events/", content=body, headers={"content-type": "Application/JSON; charset=utf-8"})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    assert [(each.key(), each.value()) for each in topic.messages(1)] == [(b"user-78", body)]


def test_a_list_keeps_the_order_of_a_user(client: httpx.Client, topic: Topic) -> None:
    views = [view(userid=f"user-{number % 3}") for number in range(500)]
    before = int(time.time() * 1000)
    answer = client.post("events/", json=views)
    after = int(time.time() * 1000)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 500})
    messages = topic.messages(500)
    for user in (b"user-0", b"user-1", b"user-2"):
        arrived = [message for message in messages if message.key() == user]
        assert [json.loads(message.value() or b"") for message in arrived] == [
            each for each in views if each["userid"] == user.decode()
        ]
        times = [message.timestamp()[1] for message in arrived]
        assert times == list(range(times[0], times[0] + len(times))), "the time of a view that has none"
        assert before <= times[-1] <= after


def test_one_invalid_view_stops_them_all(client: httpx.Client, topic: Topic) -> None:
    invalid = [
        view(userid="a b"),
        view(event="Purchase"),
        view(timestamp="2100-01-01T00:00:00Z"),
        view(properties={}),
        17,
    ]
    answer = client.post("events/", json=[view(), *invalid, view()])
    body = assert_problem(answer, 400, "5 of 7 views are not valid; none was sent.")
    assert [error["index"] for error in body["errors"]] == [1, 2, 3, 4, 5]
    reasons = [error["reason"] for error in body["errors"]]
    for reason, part in zip(reasons, ["userid", "event", "future", "productid", "object"], strict=True):
        assert part in reason
    sent_later = view()
    client.post("events/", json=sent_later)
    assert [json.loads(message.value() or b"") for message in topic.messages(1)] == [sent_later]
