"""Dead letters listed, replayed and dropped by the real command, and the consumer that reads what was replayed."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.cimpl import NewTopic

from tests.integration.storage.keyspaces import connected, create_with_ascii_source, drop, make_schema, select
from tests.integration.view_consumer.flow import Flow, event
from tests.waiting import wait_until
from vitrine.errors import StreamRefusedError
from vitrine.streaming import Selection, open_letters
from vitrine.streaming.messages import UNCOUNTED
from vitrine.streaming.settling import _settle, _transactions

KITCHEN = event("user-1", 1, "product-1", context={"source": "Küche"})
BROKEN = b"not JSON"


def command(flow: Flow, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.dead_letters", *arguments],
        env={**os.environ, **flow.environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def said(flow: Flow, *arguments: str) -> str:
    done = command(flow, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def waiting(flow: Flow) -> int:
    return int(said(flow, "list").splitlines()[-1].split()[0].replace(",", ""))


def consume(flow: Flow, until: Callable[[], bool] | None = None) -> None:
    """Until all is committed. Once something was replayed, that is never so: the end of a transaction is an offset."""
    with flow.consuming() as process:
        if until is None:
            flow.await_done()
        else:
            wait_until(until, what="what was replayed is dealt with")
        process.terminate()


@pytest.fixture
def letters(flow: Flow) -> Flow:
    """A view whose source the table refuses, twice the same that is no JSON, and one that is good."""
    create_with_ascii_source(flow.cassandra)
    flow.produce([("user-1", KITCHEN), ("user-2", BROKEN), ("user-2", BROKEN), ("user-3", event("user-3", 3, "good"))])
    consume(flow)
    return flow


def mend(flow: Flow) -> None:
    """The table takes every source; what was in it is gone."""
    drop(flow.cassandra)
    make_schema(flow.cassandra)


def test_what_waits_is_told_by_reason_and_shown_whole(letters: Flow) -> None:
    lines = said(letters, "list").splitlines()
    assert lines[0].split()[0] == "2"
    assert f"{letters.kafka.views_topic}: JSON is malformed" in lines[0]
    assert "Cassandra refuses it" in lines[1]
    assert lines[2] == f"        3  dead letters wait in {letters.kafka.dead_letter_topic}"
    (shown,) = map(json.loads, said(letters, "show", "--reason", "cassandra refuses").splitlines())
    assert (shown["key"], shown["value"]) == ("user-1", KITCHEN.decode())
    assert shown["origin"]["topic"] == letters.kafka.views_topic
    assert abs(shown["time"] / 1000 - time.time()) < 120


def test_after_the_mend_a_replayed_view_is_stored_once(letters: Flow) -> None:
    mend(letters)
    assert said(letters, "replay", "--reason", "Cassandra", "--dry-run") == "1 dead letters would be replayed\n"
    assert waiting(letters) == 3
    assert said(letters, "replay", "--reason", "Cassandra") == "1 dead letters replayed\n"
    assert said(letters, "replay", "--reason", "Cassandra") == "0 dead letters replayed\n"
    consume(letters, until=lambda: bool(letters.rows()))
    assert letters.rows() == [("user-1", "m-1", "product-1")]
    assert waiting(letters) == 2
    # The view had no time of its own: it has that of its first record still.
    assert [value for value, _ in messages(letters)].count(KITCHEN) == 2
    times = [time for value, time in messages(letters) if value == KITCHEN]
    assert times[0] == times[1]


def test_a_view_over_a_cap_is_still_over_it_when_it_is_replayed(flow: Flow) -> None:
    create_with_ascii_source(flow.cassandra)
    flow.produce([("user-1", KITCHEN)], [(UNCOUNTED, b"address")])
    consume(flow)
    mend(flow)
    (shown,) = map(json.loads, said(flow, "show").splitlines())
    assert shown["uncounted"] == "address"
    assert said(flow, "replay", "--all") == "1 dead letters replayed\n"
    consume(flow, until=lambda: bool(flow.rows()))
    with connected(flow.cassandra) as session:
        table = f"{flow.cassandra.cassandra_keyspace}.product_views"
        assert select(session, f"SELECT uncounted FROM {table} WHERE userid = 'user-1'") == [(True,)]


def test_what_is_still_wrong_becomes_a_letter_again_and_what_is_dropped_is_gone(letters: Flow) -> None:
    assert said(letters, "replay", "--reason", "malformed") == "2 dead letters replayed\n"
    assert waiting(letters) == 1
    consume(letters, until=lambda: waiting(letters) == 3)
    assert said(letters, "drop", "--all") == "3 dead letters dropped\n"
    assert waiting(letters) == 0
    assert said(letters, "replay", "--all") == "0 dead letters replayed\n"


def test_letters_are_chosen_by_time_origin_and_offset(letters: Flow) -> None:
    hour_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    for chosen, count in {
        ("--since", hour_ago): 3,
        ("--until", hour_ago): 0,
        ("--topic", letters.kafka.views_topic): 3,
        ("--topic", "another"): 0,
        ("--offset", "0", "--offset", "1"): 2,
    }.items():
        assert said(letters, "drop", *chosen, "--dry-run") == f"{count} dead letters would be dropped\n"


def test_killed_in_the_middle_and_called_by_two_at_once_each_is_replayed_once(flow: Flow) -> None:
    bad = [f"bad {number}".encode() for number in range(3000)]
    flow.produce(("user", value) for value in bad)
    consume(flow)
    environment = {**os.environ, **flow.environment()}
    replay = [sys.executable, "-m", "services.dead_letters", "replay", "--all"]
    killed = subprocess.Popen(replay, env=environment)
    while len(messages(flow)) == len(bad):
        assert killed.poll() is None
    killed.kill()
    killed.wait()
    both = [subprocess.Popen(replay, env=environment, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    for process in both:
        output, complaint = process.communicate(timeout=120)
        assert process.returncode == 0 or "somebody else settles dead letters" in complaint, output + complaint
    assert waiting(flow) == 0
    assert Counter(value for value, _ in messages(flow)) == dict.fromkeys(bad, 2)


def test_who_begins_later_shuts_out_who_began_before(letters: Flow) -> None:
    chosen = list(open_letters(letters.kafka, Selection()))
    before, _later = _transactions(letters.kafka), _transactions(letters.kafka)
    with pytest.raises(StreamRefusedError, match="somebody else settles dead letters"):
        _settle(before, letters.kafka.dead_letter_topic, chosen, "dropped")
    assert waiting(letters) == 3


def test_a_letter_of_which_only_the_first_bytes_were_kept_is_not_replayed(flow: Flow) -> None:
    topic = flow.kafka.dead_letter_topic
    flow.ask(lambda admin: admin.delete_topics([topic]))
    flow.ask(lambda admin: admin.create_topics([NewTopic(topic, 1, 1, config={"max.message.bytes": "2000"})]))
    flow.produce([("user", b"x" * 10_000)])
    consume(flow)
    done = command(flow, "replay", "--all")
    assert (done.returncode, done.stdout.splitlines()) == (
        2,
        ["0 dead letters replayed", "1 cannot be replayed: only their first bytes were kept"],
    )
    assert waiting(flow) == 1
    assert said(flow, "drop", "--all") == "1 dead letters dropped\n"


def test_what_somebody_else_has_put_among_the_letters_is_passed_over_and_told(letters: Flow) -> None:
    producer = Producer({"bootstrap.servers": letters.kafka.kafka_bootstrap_servers})
    foreign: list[dict[str, str | bytes | None]] = [
        {"dead-letter-reason": "no origin"},
        {"dead-letter-settled": "dropped", "dead-letter-offset": "x"},
    ]
    for headers in foreign:
        producer.produce(letters.kafka.dead_letter_topic, b"foreign", headers=headers)
    producer.produce(letters.kafka.dead_letter_topic, b"foreign")
    assert producer.flush(30) == 0
    done = command(letters, "drop", "--all")
    assert (done.returncode, done.stdout) == (0, "3 dead letters dropped\n")
    assert "does not say where it came from" in done.stderr
    assert "is a mark that names no letter" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["replay"], "say which letters, by reason, time, origin or offset, or --all"),
        (["drop", "--since", "yesterday"], "'yesterday' is no time such as"),
        ([], "the following arguments are required"),
    ],
)
def test_a_command_that_is_not_right_is_refused(arguments: list[str], complaint: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.dead_letters", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert complaint in done.stderr


def test_without_kafka_it_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.dead_letters", "list"],
        env={**os.environ, "VITRINE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "dead_letters: Kafka" in done.stderr


def messages(flow: Flow) -> list[tuple[bytes | None, int]]:
    """Value and time of each message of the topic of views that counts."""
    return [pair for partition in range(flow.kafka.views_topic_partitions) for pair in _messages(flow, partition)]


def _messages(flow: Flow, partition: int) -> Iterable[tuple[bytes | None, int]]:
    consumer = Consumer(
        {
            "bootstrap.servers": flow.kafka.kafka_bootstrap_servers,
            "group.id": "looks",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(flow.kafka.views_topic, partition, 0)])
    try:
        while True:
            message = consumer.poll(10)
            assert message is not None
            if message.error():
                return
            yield message.value(), message.timestamp()[1]
    finally:
        consumer.close()
