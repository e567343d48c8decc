"""What cannot be stored: the original bytes, the reason and the origin."""

import time

from confluent_kafka import Consumer, Message, TopicPartition

from tests.integration.storage.keyspaces import create_with_ascii_source
from tests.integration.view_consumer.flow import Flow, event, many
from vitrine.events import MAX_EVENT_BYTES
from vitrine.streaming import ensure_topics


def headers(letter: Message) -> dict[str, str]:
    pairs: list[tuple[str, bytes]] = list(letter.headers() or [])  # type: ignore[arg-type]
    return {name: value.decode() for name, value in pairs}


def test_what_cannot_be_read_or_stored_is_kept_with_its_reason(flow: Flow) -> None:
    create_with_ascii_source(flow.cassandra)
    far = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    bad: list[tuple[str | None, bytes | None, str]] = [
        ("user-1", b"not JSON", "JSON is malformed"),
        (None, b"", "truncated"),
        ("user-1", event("user-1", 1, context={}), "`source`"),
        ("user-1", event("a b", 1), "`$.userid`"),
        ("user-1", event("user-1", 1, timestamp=far), "more than 5 minutes in the future"),
        ("user-1", event("user-1", 1, timestamp="9999-12-31T23:59:59-23:59"), "more than 5 minutes in the future"),
        ("user-1", event("user-1", 1, timestamp="yesterday"), "not an ISO 8601 time"),
        ("user-1", None, "without a value"),
        ("\u00fc", b"\xff\xfe\x00", "malformed"),
        ("user-1", b"[" * 500_000, "object"),
        ("user-1", event("user-1", 1, padding="x" * MAX_EVENT_BYTES), "larger than 900000 bytes"),
        # As large as the broker takes.
        ("k" * 100, b"x" * (1024 * 1024 - 300), "larger than 900000 bytes"),
        ("user-1", event("user-1", 1, context={"source": "Küche"}), "Cassandra refuses it: "),
    ]
    good = many(300)
    between = [(identity[0], value) for identity, value in good]
    sent = [pair for number, (key, value, _) in enumerate(bad) for pair in [*between[number * 20 :][:20], (key, value)]]
    flow.produce([*sent, *between[len(bad) * 20 :]], **{"message.max.bytes": 2_000_000})
    with flow.consuming() as process:
        flow.await_done()
        process.terminate()
    assert flow.rows() == sorted(identity for identity, _ in good)
    letters = flow.dead_letters()
    assert len(letters) == len(bad)
    for key, value, reason in bad:
        (letter,) = (each for each in letters if each.value() == value)
        origin = headers(letter)
        assert letter.key() == (None if key is None else key.encode())
        assert reason in origin["dead-letter-reason"]
        assert origin["origin-topic"] == flow.kafka.views_topic
        assert abs(int(origin["origin-timestamp"]) / 1000 - time.time()) < 120
        assert original(flow, int(origin["origin-partition"]), int(origin["origin-offset"])) == value
    assert "dead letters: " in process.log
    counted = [
        int(word) for word in process.log.replace(",", "").split("dead letters: ")[1:] for word in word.split()[:1]
    ]
    assert sum(counted) == len(bad)


def original(flow: Flow, partition: int, offset: int) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": flow.kafka.kafka_bootstrap_servers, "group.id": "reader"})
    consumer.assign([TopicPartition(flow.kafka.views_topic, partition, offset)])
    try:
        message = consumer.poll(10)
        assert message is not None
        assert not message.error()
        return message.value()
    finally:
        consumer.close()


def test_what_is_older_than_the_retention_is_counted_and_not_written(flow: Flow) -> None:
    def stamp(days: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86400))

    flow.produce(("user-1", event("user-1", age, timestamp=stamp(age))) for age in (1, 2, 3, 40))
    with flow.consuming(VITRINE_VIEW_RETENTION_DAYS="2.5") as process:
        flow.await_done()
        process.terminate()
    assert [messageid for _, messageid, _ in flow.rows()] == ["m-1", "m-2"]
    assert "written: 2, dead letters: 0, older than retention: 2" in process.log
    assert flow.dead_letters() == []


def test_dead_letters_wait_for_their_topic(flow: Flow) -> None:
    """A letter that cannot be delivered holds back its batch, and no longer than that."""
    flow.ask(lambda admin: admin.delete_topics([flow.kafka.dead_letter_topic]))
    # The consumer would make the topic, but may not have it in three copies: there is one broker.
    with flow.consuming(VITRINE_KAFKA_REPLICATION_FACTOR="3") as process:
        flow.produce([("user-1", b"x"), *((each[0][0], each[1]) for each in many(10))])
        process.await_log("The dead-letter topic is away")
        time.sleep(3)
        assert sum(flow.committed().values()) < 11, "the letter's offset was committed without it"
        ensure_topics(flow.kafka)
        flow.await_done()
        assert flow.count() == 10
        assert {letter.value() for letter in flow.dead_letters()} == {b"x"}
        assert process.count("The dead-letter topic is away") == process.count("The dead-letter topic is back") == 1
        process.terminate()
