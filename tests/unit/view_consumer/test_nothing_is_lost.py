"""Whatever a batch holds: each message of it becomes one row, one dead letter, or is counted, and nothing else."""

import json
from typing import Any

from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, TIMESTAMP_NOT_AVAILABLE, Message
from hypothesis import given, settings
from hypothesis import strategies as st

from services.view_consumer.classification import Decode, classify, shop_events_kept_for, views_kept_for
from services.view_learner.decoding import decoded
from vitrine.learning import Stream

NOW = 1_800_000_000.0
RETENTION_SECONDS = 90 * 86_400.0
ERASED, ERASED_AT = "user-erased", round(NOW * 1000) - 3_600_000

texts = st.text(max_size=12) | st.sampled_from(["user-1", ERASED, "product-1", "\0", "\u202e", "a\nb", ""])
times = st.sampled_from(
    ["2027-01-15T07:59:00Z", "2027-01-15T06:00:00Z", "2020-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "soon"]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts | times
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
views = st.fixed_dictionaries(
    {
        "event": st.just("ProductView"),
        "messageid": st.uuids().map(str),
        "userid": st.sampled_from(["user-1", "user-2", ERASED]),
        "properties": st.fixed_dictionaries({"productid": st.just("product-1")}),
        "context": st.fixed_dictionaries({"source": st.just("desktop") | texts}),
    },
    optional={"timestamp": times, "more": values},
)


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A view with one thing wrong: a field of another kind, a field less, bytes cut off or put in."""
    view: dict[str, Any] = dict(draw(views))
    view[draw(st.sampled_from(sorted(view)))] = draw(values)
    text = json.dumps(view).encode()
    at = draw(st.integers(0, len(text)))
    return draw(st.sampled_from([text, text[:at], text[:at] + draw(st.binary(max_size=4)) + text[at:]]))


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    kinds = st.sampled_from([TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, TIMESTAMP_NOT_AVAILABLE])
    records = st.sampled_from([round(NOW * 1000), ERASED_AT, 0, -1]) | st.integers(-(2**63), 2**63 - 1)
    content = st.none() | st.binary(max_size=60) | changed() | views.map(lambda view: json.dumps(view).encode())
    headers: st.SearchStrategy[list[tuple[str, str | bytes | None]]]
    headers = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=3)
    return [
        Message(
            topic="views",
            partition=0,
            offset=offset,
            key=draw(st.none() | st.binary(max_size=8) | st.sampled_from([b"user-1", ERASED.encode()])),
            value=draw(content),
            headers=draw(headers),
            timestamp=(draw(kinds), draw(records)),
            latency=0.0,
            leader_epoch=0,
        )
        for offset in range(draw(st.integers(0, 12)))
    ]


def is_erased(person: str, *milliseconds: int) -> bool:
    return person == ERASED and min(milliseconds) <= ERASED_AT


@settings(max_examples=100)
@given(messages())
def test_what_is_stored_dead_lettered_and_counted_is_what_was_received(batch: list[Message]) -> None:
    _assert_nothing_is_lost(batch, views_kept_for(RETENTION_SECONDS))
    _assert_nothing_is_lost(batch, shop_events_kept_for(RETENTION_SECONDS, in_carts=RETENTION_SECONDS / 2))


def _assert_nothing_is_lost(batch: list[Message], decode: Decode[Any]) -> None:
    found = classify(batch, decode, now=NOW, is_erased=is_erased)
    assert len(found.rows) + len(found.letters) + found.expired + found.erased == len(batch)
    assert len(found.rows) == len(found.row_messages)
    taken = [message.offset() or 0 for message in [*found.row_messages, *(letter.message for letter in found.letters)]]
    assert len(set(taken)) == len(taken), "one message became two things"
    assert [message.offset() for message in found.row_messages] == sorted(
        message.offset() or 0 for message in found.row_messages
    )
    for letter in found.letters:
        assert letter.reason
        assert letter.reason.isprintable(), letter.reason


@settings(max_examples=60)
@given(messages())
def test_the_learner_goes_past_every_message(batch: list[Message]) -> None:
    for stream in Stream:
        found = decoded(batch, stream, now=NOW, is_erased=is_erased)
        assert found.offsets == ({0: len(batch)} if batch else {})
        for events in found.events.values():
            assert len({len(column) for column in events}) == 1
        assert (found.reason == "") == (found.invalid == 0)
