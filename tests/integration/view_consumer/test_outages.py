"""Servers that are away when the consumer starts, or when it is to stop."""

import time

from confluent_kafka import TopicPartition

from tests.integration.storage.servers import frozen, stopped
from tests.integration.view_consumer.flow import Flow, many
from tests.waiting import wait_until
from vitrine.streaming import ensure_topics

# What a consumer is given by whoever stops it, however its servers are.
STOP_SECONDS = 5


def assert_written(flow: Flow, count: int) -> None:
    flow.await_done()
    assert flow.rows() == sorted(identity for identity, _ in many(count))
    assert flow.dead_letters() == []


def send(flow: Flow, count: int, *, start: int = 0) -> None:
    flow.produce((identity[0], value) for identity, value in many(count, start=start))


def test_cassandra_away_at_the_start(flow: Flow) -> None:
    send(flow, 5000)
    with stopped(flow.stack, "cassandra"):
        with flow.consuming() as told_to_stop:
            told_to_stop.await_log("Cassandra is away")
            time.sleep(1)
            told_to_stop.terminate(within=STOP_SECONDS)
        assert flow.members() == {}, "it has not left the group"
        assert flow.committed() == {}
        with flow.consuming() as process:
            process.await_log("Cassandra is away")
            before = flow.await_members(1)
            # More comes meanwhile.
            send(flow, 5000, start=5000)
            flow.stack.start("cassandra")
            assert_written(flow, 10_000)
            assert flow.members() == before
            assert (process.count("Cassandra is away"), process.count("Cassandra is back")) == (1, 1), process.log
            process.terminate()


def test_kafka_away_at_the_start(flow: Flow) -> None:
    send(flow, 1000)
    with stopped(flow.stack, "kafka"):
        with flow.consuming() as told_to_stop:
            told_to_stop.await_log("Kafka is away")
            told_to_stop.terminate(within=STOP_SECONDS)
        with flow.consuming() as process:
            process.await_log("Kafka is away")
            flow.stack.start("kafka")
            assert_written(flow, 1000)
            assert (process.count("Kafka is away"), process.count("Kafka is back")) == (1, 1), process.log
            process.terminate()


def test_kafka_stopped_and_the_consumer_told_to_stop(flow: Flow) -> None:
    send(flow, 1000)
    with flow.consuming() as process:
        assert_written(flow, 1000)
        with stopped(flow.stack, "kafka"):
            process.await_log("Kafka is away")
            process.terminate(within=STOP_SECONDS)


def test_cassandra_frozen_and_the_consumer_told_to_stop(flow: Flow) -> None:
    with flow.consuming() as process:
        send(flow, 1000)
        assert_written(flow, 1000)
        committed = flow.committed()
        with frozen(flow.stack, "cassandra"):
            send(flow, 1000, start=1000)
            time.sleep(1)
            process.terminate(within=STOP_SECONDS)
            assert flow.committed() == committed, "offsets were committed without a write"
    with flow.consuming():
        assert_written(flow, 2000)


def test_cassandra_frozen_at_the_start_and_the_consumer_told_to_stop(flow: Flow) -> None:
    send(flow, 100)
    with frozen(flow.stack, "cassandra"), flow.consuming() as process:
        process.await_log("consuming")
        time.sleep(1)
        process.terminate(within=STOP_SECONDS)


def test_kafka_frozen_and_the_consumer_told_to_stop(flow: Flow) -> None:
    send(flow, 1000)
    with flow.consuming() as process:
        assert_written(flow, 1000)
        send(flow, 1000, start=1000)
        wait_until(lambda: flow.count() > 1000, what=lambda: process.log)
        with frozen(flow.stack, "kafka"):
            time.sleep(1)
            process.terminate(within=STOP_SECONDS)
    with flow.consuming():
        assert_written(flow, 2000)


def test_a_topic_that_is_made_later(flow: Flow) -> None:
    """Said once, in the meantime; whoever makes the topic need not tell the consumer, which cannot make it itself."""
    flow.ask(lambda admin: admin.delete_topics([flow.kafka.views_topic]))
    with flow.consuming(VITRINE_KAFKA_REPLICATION_FACTOR="3") as process:
        process.await_log("Unknown topic or partition")
        process.await_log("Kafka does not create topic")
        time.sleep(6)
        assert process.count("WARNING") == 2, process.log
        ensure_topics(flow.kafka)
        send(flow, 1000)
        assert_written(flow, 1000)
        process.terminate()


def test_a_consumer_that_another_one_replaces_ends(flow: Flow) -> None:
    """By its name. Kafka may take a broker's death for that; the client then reads nothing until it is made anew."""
    name = {"VITRINE_VIEW_CONSUMER_INSTANCE": "one"}
    send(flow, 1000)
    with flow.consuming(**name) as first:
        assert_written(flow, 1000)
        with flow.consuming(**name):
            assert first.process.wait(120) == 1, first.log
            assert "fenced" in first.log
            send(flow, 1000, start=1000)
            assert_written(flow, 2000)


def test_what_kafka_has_thrown_away_is_passed_over(flow: Flow) -> None:
    """The offset to go on from lies before what is kept."""
    send(flow, 1000)
    with flow.consuming() as process:
        assert_written(flow, 1000)
        process.terminate()
    send(flow, 1000, start=1000)
    ends = flow.ends()
    places = [TopicPartition(flow.kafka.views_topic, partition, end) for partition, end in ends.items()]
    flow.ask(lambda admin: admin.delete_records(places))
    send(flow, 1000, start=2000)
    with flow.consuming() as process:
        flow.await_done()
        process.terminate()
    kept = [identity for identity, _ in [*many(1000), *many(1000, start=2000)]]
    assert flow.rows() == sorted(kept)
