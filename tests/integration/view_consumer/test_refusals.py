"""What is refused for good, by all of a table or by the dead-letter topic: the consumer stops, and nothing is lost."""

from collections.abc import Callable
from importlib.resources import files

import pytest
from cassandra.cluster import Session
from confluent_kafka.cimpl import NewTopic

from tests.integration.storage.keyspaces import connected, create_with_ascii_source
from tests.integration.view_consumer.flow import Flow, Process, event, many
from vitrine.storage.driver.connection import SCHEMA_PROFILE

Change = Callable[[Session], None]


def drop_table(session: Session) -> None:
    session.execute("DROP TABLE product_views", execution_profile=SCHEMA_PROFILE)


def make_table(session: Session) -> None:
    for migration in ("0001_product_views.cql", "0006_uncounted_views.cql"):
        statement = (files("vitrine.storage") / "schema" / migration).read_text()
        session.execute(statement, execution_profile=SCHEMA_PROFILE)


def drop_column(session: Session) -> None:
    session.execute("ALTER TABLE product_views DROP source", execution_profile=SCHEMA_PROFILE)


def add_column(session: Session) -> None:
    session.execute("ALTER TABLE product_views ADD source TEXT", execution_profile=SCHEMA_PROFILE)


def change(flow: Flow, how: Change) -> None:
    with connected(flow.cassandra) as session:
        session.set_keyspace(flow.cassandra.cassandra_keyspace)
        how(session)


def send(flow: Flow, count: int, *, start: int = 0) -> None:
    flow.produce((identity[0], value) for identity, value in many(count, start=start))


def assert_stopped(process: Process, reason: str) -> None:
    """It has ended by itself, and its log says why in one line."""
    assert process.process.wait(120) == 1, process.log
    assert [reason in line for line in process.log.splitlines() if "ERROR" in line] == [True], process.log
    assert "Traceback" not in process.log
    assert process.warnings() == [], process.log


# One view is all that comes in a quiet hour; many fill several batches.
@pytest.mark.parametrize("count", [1, 2000])
@pytest.mark.parametrize(("breaking", "mending"), [(drop_table, make_table), (drop_column, add_column)])
def test_a_table_that_takes_no_views_stops_the_consumer(
    flow: Flow, breaking: Change, mending: Change, count: int
) -> None:
    with flow.consuming() as process:
        send(flow, 100)
        flow.await_done()
        committed = flow.committed()
        change(flow, breaking)
        send(flow, count, start=100)
        assert_stopped(process, "Cassandra takes no views")
    assert flow.dead_letters() == []
    assert flow.committed() == committed
    change(flow, mending)
    with flow.consuming() as process:
        flow.await_done()
        process.terminate()
    kept = many(100 + count)[100 if breaking is drop_table else 0 :]
    assert flow.rows() == sorted(identity for identity, _ in kept)


def test_refused_views_alone_are_dead_letters(flow: Flow) -> None:
    """Nothing else comes, and all of them are refused for the same reason: that is no fault of the table."""
    create_with_ascii_source(flow.cassandra)
    with flow.consuming() as process:
        for number in range(3):
            flow.produce([("user-1", event("user-1", number, context={"source": "Küche"}))])
            flow.await_done()
        flow.produce(("user-1", event("user-1", number, context={"source": "Küche"})) for number in range(3, 200))
        flow.await_done()
        process.terminate()
    assert len(flow.dead_letters()) == 200


def test_a_dead_letter_topic_that_takes_nothing_stops_the_consumer(flow: Flow) -> None:
    topic = flow.kafka.dead_letter_topic
    flow.ask(lambda admin: admin.delete_topics([topic]))
    # Not even the headers of a letter.
    flow.ask(lambda admin: admin.create_topics([NewTopic(topic, 1, 1, config={"max.message.bytes": "100"})]))
    with flow.consuming() as process:
        send(flow, 100)
        flow.await_done()
        committed = flow.committed()
        flow.produce([("user-1", b"no view")])
        assert_stopped(process, "Kafka does not take a record")
    assert flow.committed() == committed
    flow.ask(lambda admin: admin.delete_topics([topic]))
    with flow.consuming() as process:
        flow.await_done()
        process.terminate()
    assert [letter.value() for letter in flow.dead_letters()] == [b"no view"]
