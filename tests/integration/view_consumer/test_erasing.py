"""Somebody was erased: however much of Kafka is read again, nothing of them comes back."""

import time
from contextlib import closing

from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]

from tests.integration.storage.keyspaces import connected_link
from tests.integration.view_consumer.flow import Flow, event
from vitrine.erasing import online
from vitrine.erasing.online import Cassandra
from vitrine.streaming import Erasure, ErasurePublisher, read_erasures

PERSON, OTHER = "user-1", "user-2"


def erase(flow: Flow, person: str = PERSON) -> Erasure:
    """What the API does."""
    erasure = Erasure.of(person, now=time.time())
    publisher = ErasurePublisher(flow.kafka)
    with closing(publisher), connected_link(flow.cassandra) as link:
        publisher.publish([erasure])
        online.erase(Cassandra.on(link), erasure, person, now=time.time(), also_later=True)
    return erasure


def views(person: str, *numbers: int) -> list[tuple[str | None, bytes | None]]:
    return [(person, event(person, number)) for number in numbers]


def users(flow: Flow) -> set[str]:
    return {user for user, _, _ in flow.rows()}


def test_a_replay_of_all_of_kafka_brings_nothing_back(flow: Flow) -> None:
    flow.produce([*views(PERSON, 1, 2, 3), *views(OTHER, 4)])
    with flow.consuming() as consumer:
        flow.await_done()
        assert users(flow) == {PERSON, OTHER}
        erase(flow)
        assert users(flow) == {OTHER}
        flow.produce(views(PERSON, 5))
        flow.await_done()
        consumer.terminate()
    again = flow.in_another_group()
    with connected_link(flow.cassandra) as link:
        # As after the time for which Cassandra keeps a tombstone: it alone would not hold anything back then.
        link.session.execute(f"TRUNCATE {flow.cassandra.cassandra_keyspace}.product_views", timeout=120)
    with again.consuming() as consumer:
        again.await_done()
        consumer.terminate()
        assert "erased: 3" in consumer.log
    assert sorted((user, message) for user, message, _ in again.rows()) == [(PERSON, "m-5"), (OTHER, "m-4")]
    assert flow.dead_letters() == []


def test_what_is_no_view_is_no_dead_letter_of_somebody_erased(flow: Flow) -> None:
    flow.produce([(PERSON, b"no view"), (OTHER, b"no view either")])
    erase(flow)
    with flow.consuming() as consumer:
        flow.await_done()
        consumer.terminate()
    assert [letter.key() for letter in flow.dead_letters()] == [OTHER.encode()]


def test_an_erasure_is_known_as_long_as_the_topic_is(flow: Flow) -> None:
    """It is one record for ever: the last one of each erasure, which names no person any more."""
    erasure = erase(flow)
    with closing(ErasurePublisher(flow.kafka)) as publisher:
        publisher.publish([erasure.finished()])
    with closing(read_erasures(flow.kafka)) as log:
        assert log.erasures == [erasure.finished()]
        assert log.covers(PERSON, erasure.erased_at)
        assert not log.covers(PERSON, erasure.erased_at + 1)
        assert not log.covers(OTHER, erasure.erased_at)
        assert log.follow() == []
        later = erase(flow)
        assert log.follow() == [later]
        assert log.covers(PERSON, erasure.erased_at + 1)


def test_the_topic_is_compacted_and_lets_go_of_a_replaced_record_soon(flow: Flow) -> None:
    asked = ConfigResource(ResourceType.TOPIC, flow.kafka.erasures_topic)
    found = flow.ask(lambda admin: admin.describe_configs([asked]))[asked]
    assert (found["cleanup.policy"].value, found["max.compaction.lag.ms"].value) == ("compact", str(6 * 3600 * 1000))
