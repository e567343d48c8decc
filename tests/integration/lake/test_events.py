"""Views, what was shown and the shop's other events, from a real Kafka into a lake."""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions  # type: ignore[attr-defined]

from local_stack.stack import LocalStack
from tests.unit.vitrine.lake.reading import rows
from vitrine import canary
from vitrine.errors import StreamUnavailableError
from vitrine.lake import erasing, events, landing
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.settings import KafkaSettings
from vitrine.streaming import ensure_topics

NOW = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
COLUMNS = "message_id, user_id, product_id, source, viewed_at"


@pytest.fixture
def settings(stack: LocalStack) -> KafkaSettings:
    name = uuid.uuid4()
    made = KafkaSettings(
        kafka_bootstrap_servers=stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"],
        views_topic=f"views-{name}",
        shop_events_topic=f"shop-events-{name}",
        dead_letter_topic=f"dead-letters-{name}",
        purchases_topic=f"purchases-{name}",
        shown_topic=f"shown-{name}",
        erasures_topic=f"erasures-{name}",
        views_topic_partitions=2,
    )
    ensure_topics(made)
    return made


def view(number: int, **others: object) -> bytes:
    made = {
        "event": "ProductView",
        "messageid": f"m-{number}",
        "userid": f"u-{number % 7}",
        "properties": {"productid": f"p-{number % 5}"},
        "context": {"source": "desktop"},
        "timestamp": f"2026-{number % 2 + 8:02}-30T23:00:00-02:00",
    }
    return json.dumps({**made, **others}).encode()


def send(settings: KafkaSettings, topic: str, values: Mapping[int, bytes] | list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap_servers})
    for number, value in enumerate(values.values() if isinstance(values, Mapping) else values):
        producer.produce(topic, value, b"key-%d" % number)
        producer.poll(0)
    assert producer.flush(30) == 0


def land(lake: Lake, settings: KafkaSettings) -> tuple[Landed, Landed, Landed]:
    with lake.alone():
        views, shown, others = events.land(lake, settings, now=NOW)
    return views, shown, others


def messages(lake: Lake) -> list[str]:
    return [str(message) for (message,) in rows(lake, "events", "product_views", "message_id")]


def test_the_canary_does_not_land_and_nothing_behind_it_is_left_out(
    lake: Lake, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MESSAGES_PER_LOAD", 10)
    send(settings, settings.views_topic, [view(number, userid=canary.USER) for number in range(30)])
    send(settings, settings.views_topic, [view(number) for number in range(30, 60)])
    assert land(lake, settings)[0].rows == 30
    assert sorted(messages(lake)) == sorted(f"m-{number}" for number in range(30, 60))
    assert land(lake, settings)[0].unchanged == 1


def test_each_message_lands_in_one_file(lake: Lake, settings: KafkaSettings) -> None:
    send(settings, settings.views_topic, [view(number) for number in range(100)])
    assert land(lake, settings)[0].rows == 100
    assert land(lake, settings)[0].unchanged == 1
    send(settings, settings.views_topic, [view(number) for number in range(100, 150)])
    assert land(lake, settings)[0].rows == 50
    assert sorted(messages(lake)) == sorted(f"m-{number}" for number in range(150))
    assert ("m-0", "u-0", "p-0", "desktop", datetime(2026, 8, 31, 1)) in rows(lake, "events", "product_views", COLUMNS)  # noqa: DTZ001
    places = rows(lake, "events", "product_views", "kafka_partition, kafka_offset")
    assert len(set(places)) == 150
    months = {path.parent.name for path in Path(lake.address).glob("events/product_views/month=*/*")}
    assert months == {"month=2026-08", "month=2026-10"}


def test_no_message_keeps_those_behind_it_from_landing(lake: Lake, settings: KafkaSettings) -> None:
    """The first is a view that whoever may post views may post."""
    poisoned = [view(100, timestamp="0001-01-01T00:00:00+14:00"), b"[" * 100_000, b"\xff", b""]
    send(settings, settings.views_topic, [*poisoned, view(1)])
    send(settings, settings.shown_topic, [b'{"model":' + b"[" * 100_000, b"\xff"])
    send(settings, settings.shop_events_topic, [b"[" * 100_000, view(1)])
    views, shown, others = land(lake, settings)
    assert (views.rows, views.rejected, shown.rows, shown.rejected) == (1, len(poisoned), 0, 2)
    assert (others.rows, others.rejected) == (0, 2)
    assert messages(lake) == ["m-1"]
    assert land(lake, settings)[0].unchanged == 1


def test_a_backlog_lands_in_several_loads(lake: Lake, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MESSAGES_PER_LOAD", 30)
    send(settings, settings.views_topic, [view(number) for number in range(100)])
    assert land(lake, settings)[0].loads == 4
    assert sorted(messages(lake)) == sorted(f"m-{number}" for number in range(100))


def test_a_run_that_was_ended_before_its_load_counted_is_done_again(
    lake: Lake, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(lake, settings)
    send(settings, settings.views_topic, [view(number) for number in range(10)])

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as ending:
        ending.setattr(Lake, "keep_loads", end)
        with pytest.raises(KeyboardInterrupt):
            land(lake, settings)
    assert messages(lake) == []
    send(settings, settings.views_topic, [view(10)])
    assert land(lake, settings)[0].rows == 11
    assert len(messages(lake)) == 11


def test_what_is_no_view_is_set_aside_with_its_place(lake: Lake, settings: KafkaSettings) -> None:
    odd = [b"\xff", b"{}", view(1, userid="no id"), view(2, timestamp="2030-01-01")]
    send(settings, settings.views_topic, [view(0), *odd])
    views, *_ = land(lake, settings)
    assert (views.rows, views.rejected) == (1, 4)
    [file] = Path(lake.address).glob("_rejected/events/product_views/*.jsonl")
    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert {row["file"].rpartition("/")[0] for row in found} == {settings.views_topic}
    assert any("no id" in row["reason"] for row in found)
    assert any("in the future" in row["reason"] for row in found)


def test_a_view_without_a_time_has_that_of_its_record(lake: Lake, settings: KafkaSettings) -> None:
    send(settings, settings.views_topic, [view(0, timestamp=None)])
    with lake.alone():
        events.land(lake, settings, now=time.time())
    [(viewed_at,)] = rows(lake, "events", "product_views", "viewed_at")
    assert abs(viewed_at.replace(tzinfo=UTC).timestamp() - time.time()) < 300


def test_a_new_partition_is_read_from_its_beginning(lake: Lake, settings: KafkaSettings) -> None:
    send(settings, settings.views_topic, [view(number) for number in range(10)])
    land(lake, settings)
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
    for future in admin.create_partitions([NewPartitions(settings.views_topic, 3)]).values():
        future.result(120)
    time.sleep(1)
    send(settings, settings.views_topic, [view(number) for number in range(10, 40)])
    assert land(lake, settings)[0].rows == 30


def test_what_was_shown_lands(lake: Lake, settings: KafkaSettings) -> None:
    shown = {
        "recommendation-id": "r-1",
        "user-id": None,
        "endpoint": "recommendations",
        "products": ["p-1", "p-2"],
        "sources": ["model", "best sellers"],
        "model": {"generation": 3, "age-seconds": 1.5},
        "shown-at": "2026-11-23T12:00:00Z",
    }
    nothing = {"placement": "cart", "experiment": "no-list", "arm": "nothing", "products": [], "sources": []}
    both = [json.dumps(each).encode() for each in (shown, shown | nothing | {"recommendation-id": "r-2"})]
    send(settings, settings.shown_topic, [*both, b'{"recommendation-id": 1}'])
    _, landed, _ = land(lake, settings)
    assert (landed.rows, landed.rejected) == (2, 1)
    assert rows(lake, "events", "recommendations_shown", "recommendation_id, products, placement, experiment, arm") == [
        ("r-1", ["p-1", "p-2"], None, None, None),
        ("r-2", [], "cart", "no-list", "nothing"),
    ]
    columns = "recommendation_id, user_id, endpoint, products, sources, model, shown_at"
    assert rows(lake, "events", "recommendations_shown", columns)[:1] == [
        (
            *("r-1", None, "recommendations", ["p-1", "p-2"], ["model", "best sellers"]),
            '{"generation":3,"age-seconds":1.5}',
            datetime(2026, 11, 23, 12),  # noqa: DTZ001
        )
    ]


def shop_event(number: int, name: str, properties: Mapping[str, object], **others: object) -> bytes:
    return view(number, event=name, properties=properties, timestamp="2026-11-23T12:00:00Z", **others)


def test_each_kind_of_the_shops_events_lands(lake: Lake, settings: KafkaSettings) -> None:
    lines = [{"productid": "p-1", "quantity": 2, "price": 4.5}, {"productid": "p-2"}]
    answer = {"recommendationid": "r-1", "placement": "cart"}
    sent = [
        shop_event(1, "ProductAdded", {"productid": "p-1", "price": 4.5}),
        shop_event(2, "ProductRemoved", {"productid": "p-1"}),
        shop_event(3, "OrderCompleted", {"orderid": "o-1", "products": lines}),
        shop_event(4, "RecommendationsShown", {**answer, "products": ["p-1", "p-2"]}),
        shop_event(5, "RecommendationClicked", {"recommendationid": "r-1", "productid": "p-2"}),
        shop_event(6, "Searched", {"query": "red shoes"}),
        shop_event(7, "ProductAdded", {"productid": "p-1"}, userid=canary.USER),
    ]
    send(settings, settings.shop_events_topic, sent)
    *_, landed = land(lake, settings)
    assert (landed.rows, landed.rejected) == (6, 0)
    columns = "message_id, event, products, quantities, prices, order_id, recommendation_id, placement, query"
    assert rows(lake, "events", "shop_events", columns) == [
        ("m-1", "ProductAdded", ["p-1"], [1], [4.5], None, None, None, None),
        ("m-2", "ProductRemoved", ["p-1"], [1], [None], None, None, None, None),
        ("m-3", "OrderCompleted", ["p-1", "p-2"], [2, 1], [4.5, None], "o-1", None, None, None),
        ("m-4", "RecommendationsShown", ["p-1", "p-2"], [], [], None, "r-1", "cart", None),
        ("m-5", "RecommendationClicked", ["p-2"], [], [], None, "r-1", None, None),
        ("m-6", "Searched", [], [], [], None, None, None, "red shoes"),
    ]
    assert set(rows(lake, "events", "shop_events", "source, occurred_at")) == {
        ("desktop", datetime(2026, 11, 23, 12))  # noqa: DTZ001
    }


def test_kafka_away_is_said(lake: Lake) -> None:
    with pytest.raises(StreamUnavailableError), lake.alone():
        events.land(lake, KafkaSettings(kafka_bootstrap_servers="127.0.0.1:9"), now=NOW)


def test_what_somebody_did_before_they_were_erased_does_not_land(lake: Lake, settings: KafkaSettings) -> None:
    send(settings, settings.views_topic, [view(number) for number in range(14)])
    land(lake, settings)
    with lake.alone():
        assert erasing.erase(lake, landing.tables(), "user", "u-3", until=datetime.fromtimestamp(NOW, UTC)).rows == 2
    send(settings, settings.views_topic, [view(number) for number in range(14, 28)])
    assert land(lake, settings)[0].rows == 12
    assert rows(lake, "events", "product_views", "count(*) FILTER (user_id = 'u-3')", "1") == [(0,)]
