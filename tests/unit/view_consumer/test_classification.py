import json

from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_NOT_AVAILABLE, Message

from services.view_consumer.classification import classify, views_kept_for
from vitrine.storage.driver.packed import UNSET
from vitrine.storage.driver.packed import value as packed_value
from vitrine.streaming.messages import UNCOUNTED

NOW = 1_800_000_000.0
DAY = 86_400.0


def nobody(_: str, *__: int) -> bool:
    return False


def message(
    value: bytes | None,
    *,
    time: float = NOW,
    kind: int = TIMESTAMP_CREATE_TIME,
    offset: int = 0,
    headers: list[tuple[str, str | bytes | None]] | None = None,
) -> Message:
    return Message(
        topic="views",
        partition=0,
        offset=offset,
        key=b"user-78",
        value=value,
        headers=headers or [],
        timestamp=(kind, round(time * 1000)),
        latency=0.0,
        leader_epoch=0,
    )


def view(**changes: object) -> bytes:
    made: dict[str, object] = {
        "event": "ProductView",
        "messageid": "m-1",
        "userid": "user-78",
        "properties": {"productid": "product-173"},
        "context": {"source": "desktop"},
    }
    return json.dumps(made | changes).encode()


def reasons(*messages: Message) -> list[str]:
    batch = classify(messages, views_kept_for(DAY), now=NOW, is_erased=nobody)
    assert [letter.message for letter in batch.letters] == list(messages)
    assert not batch.rows
    assert not batch.expired
    return [letter.reason for letter in batch.letters]


def times(*messages: Message) -> list[float]:
    batch = classify(messages, views_kept_for(DAY), now=NOW, is_erased=nobody)
    assert batch.row_messages == list(messages)
    return [int.from_bytes(packed_value(row, 1)) / 1000 for row in batch.rows]


def test_rows_stay_in_order_with_their_messages() -> None:
    good = [message(view(messageid=f"m-{number}"), offset=number) for number in range(3)]
    batch = classify(
        [good[0], message(b"x"), good[1], message(view(timestamp="2020-01-01")), good[2]],
        views_kept_for(DAY),
        now=NOW,
        is_erased=nobody,
    )
    assert batch.row_messages == good
    assert [packed_value(row, 2) for row in batch.rows] == [b"m-0", b"m-1", b"m-2"]
    assert (len(batch.letters), batch.expired) == (1, 1)


def test_a_view_over_a_cap_is_stored_and_its_row_says_so() -> None:
    over = message(view(), headers=[(UNCOUNTED, b"address")])
    batch = classify([over, message(view())], views_kept_for(DAY), now=NOW, is_erased=nobody)
    assert packed_value(batch.rows[0], 5) == b"\x01"
    assert UNSET in batch.rows[1]


def test_nothing_is_lost_of_an_empty_batch() -> None:
    batch = classify([], views_kept_for(DAY), now=NOW, is_erased=nobody)
    assert (batch.rows, batch.row_messages, batch.letters, batch.expired) == ([], [], [], 0)


def test_the_time_is_the_views_else_the_records() -> None:
    written = view(timestamp="2027-01-15T07:59:00Z")
    assert times(message(written), message(view(), time=NOW - 5), message(written, kind=TIMESTAMP_NOT_AVAILABLE)) == [
        NOW - 60,
        NOW - 5,
        NOW - 60,
    ]


def test_a_view_without_any_time_is_a_dead_letter() -> None:
    (reason,) = reasons(message(view(), time=-0.001, kind=TIMESTAMP_NOT_AVAILABLE))
    assert reason == "no time: neither in the event nor of its Kafka record - at `$.timestamp`"


def test_what_is_no_view_is_a_dead_letter() -> None:
    said = reasons(message(None), message(b""), message(b"\xff"), message(view(userid="a b")), message(b"[1]"))
    assert said[0] == "a record without a value"
    for reason, part in zip(said[1:], ["truncated", "malformed", "userid", "object"], strict=True):
        assert part in reason


def test_a_view_of_the_future_is_a_dead_letter() -> None:
    said = reasons(message(view(timestamp="2027-01-15T08:05:01Z")), message(view(), time=NOW + 301))
    assert all("more than 5 minutes in the future" in reason for reason in said)
    assert times(message(view(timestamp="2027-01-15T08:05:00Z"))) == [NOW + 300]


def test_what_is_older_than_the_retention_is_counted() -> None:
    old = [message(view(), time=NOW - DAY), message(view(timestamp="0001-01-01T00:00:00+14:00"))]
    batch = classify(old, views_kept_for(DAY), now=NOW, is_erased=nobody)
    assert (batch.expired, batch.rows, batch.letters) == (2, [], [])
