"""What is learned of a batch of messages, and what is passed over."""

import json

from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_NOT_AVAILABLE, Message

from services.view_learner.decoding import decoded
from vitrine import canary
from vitrine.learning import Events, Stream
from vitrine.purchases import encode, line
from vitrine.streaming.messages import UNCOUNTED

NOW = 1_800_000_000.0


def nobody(_: str, *__: int) -> bool:
    return False


def message(
    value: bytes | None,
    *,
    at: float | None = NOW,
    place: tuple[int, int] = (0, 0),
    headers: list[tuple[str, str | bytes | None]] | None = None,
) -> Message:
    """The time of its record is in Unix seconds."""
    return Message(
        topic="views",
        partition=place[0],
        offset=place[1],
        key=b"user-1",
        value=value,
        headers=headers or [],
        timestamp=(TIMESTAMP_NOT_AVAILABLE, -1) if at is None else (TIMESTAMP_CREATE_TIME, round(at * 1000)),
        latency=0.0,
        leader_epoch=0,
    )


def view(**changes: object) -> bytes:
    made: dict[str, object] = {
        "event": "ProductView",
        "messageid": "m-1",
        "userid": "user-1",
        "properties": {"productid": "product-1"},
        "context": {"source": "desktop"},
    }
    return json.dumps(made | changes).encode()


def purchases(userid: object = "user-1", **changes: object) -> bytes:
    """Two lines; the changes are made to the second one."""
    lines = [
        line(orderid="order-1", productid=f"product-{n}", quantity=2, milliseconds=1_799_999_999_250) for n in (1, 2)
    ]
    text = json.loads(encode("user-1", lines)) | {"userid": userid}
    text["lines"][1] |= changes
    return json.dumps(text).encode()


def events(*messages: Message, stream: Stream = Stream.VIEWS) -> Events:
    return decoded(messages, stream, now=NOW, is_erased=nobody).events.get(stream, Events([], [], [], []))


def test_a_view_counts_at_its_own_time_else_at_that_of_its_record() -> None:
    messages = [message(view(timestamp="2027-01-15T07:59:00Z")), message(view(messageid="m-2"), at=NOW - 5)]
    assert events(*messages) == (["user-1"] * 2, ["product-1"] * 2, ["m-1", "m-2"], [NOW - 60, NOW - 5])


def test_the_canary_teaches_nothing_and_is_not_invalid() -> None:
    batch = decoded([message(view(userid=canary.USER)), message(view())], Stream.VIEWS, now=NOW, is_erased=nobody)
    assert (batch.events[Stream.VIEWS].users, batch.invalid) == (["user-1"], 0)


def test_a_view_over_a_cap_teaches_nothing_and_is_not_invalid() -> None:
    over = message(view(), headers=[("x-request-id", b"1"), (UNCOUNTED, b"person")], place=(0, 7))
    batch = decoded([over, message(view(messageid="m-2"))], Stream.VIEWS, now=NOW, is_erased=nobody)
    assert (batch.events[Stream.VIEWS].ids, batch.invalid, batch.offsets) == (["m-2"], 0, {0: 1})
    alone = decoded([over], Stream.VIEWS, now=NOW, is_erased=nobody)
    assert (alone.events, alone.offsets) == ({}, {0: 8})


def test_a_purchase_is_known_by_its_order_and_product() -> None:
    found = events(message(purchases()), stream=Stream.PURCHASES)
    names = ["product-1", "product-2"]
    assert found == (["user-1"] * 2, names, [f"order-1 {name}" for name in names], [NOW - 0.75] * 2)


def test_what_is_no_event_is_passed_over_and_counted_with_the_first_reason() -> None:
    bad = [b"{", None, view(userid="a b"), view(timestamp="2028-01-01T00:00:00Z"), view(timestamp="yesterday")]
    messages = [message(value) for value in (view(), *bad, view(messageid="m-2"))]
    batch = decoded(messages, Stream.VIEWS, now=NOW, is_erased=nobody)
    assert batch.events[Stream.VIEWS].ids == ["m-1", "m-2"]
    assert batch.invalid == len(bad)
    assert batch.reason == "Input data was truncated"


def test_a_view_without_any_time_is_passed_over() -> None:
    assert events(message(view(), at=None)).ids == []


def test_purchases_that_make_no_sense_are_passed_over() -> None:
    bad = [
        b"[]",
        None,
        b"\xff",
        b"[" * 100_000,
        view(),
        b'{"event":"Purchases","userid":"user-1","lines":[]}',
        purchases(orderid="a/b"),
        purchases(userid=""),
        purchases(quantity=0),
        purchases(productid="x" * 129),
        purchases(timestamp="soon"),
        purchases(timestamp="2028-01-01T00:00:00Z"),
        purchases(timestamp=None),
    ]
    batch = decoded([message(value) for value in bad], Stream.PURCHASES, now=NOW, is_erased=nobody)
    assert (batch.events, batch.invalid) == ({}, len(bad))


def test_offsets_go_on_after_the_last_message_of_each_partition_whatever_is_in_it() -> None:
    messages = [message(view(), place=(0, 7)), message(view(), place=(3, 0)), message(b"{", place=(0, 8))]
    assert decoded(messages, Stream.VIEWS, now=NOW, is_erased=nobody).offsets == {0: 9, 3: 1}
