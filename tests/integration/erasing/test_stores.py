"""No place with something of a person is forgotten."""

import pytest

from tests.integration.erasing.system import System
from tests.integration.storage.keyspaces import connected, select
from vitrine.erasing.stores import STORES, WITHOUT_PEOPLE
from vitrine.lake import landing
from vitrine.settings import KafkaSettings
from vitrine.streaming.topics import _topics

HELD = {place for store in STORES for place in store.holds}


def assert_all_are_declared(places: set[str]) -> None:
    assert places
    assert places - HELD - WITHOUT_PEOPLE == set(), "vitrine/erasing/stores.py does not say what becomes of these"


def test_every_table_of_cassandra_is_declared(system: System) -> None:
    keyspace = system.flow.cassandra.cassandra_keyspace
    query = "SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = %s"
    with connected(system.flow.cassandra) as session:
        columns = select(session, query, keyspace)
    assert_all_are_declared({f"cassandra:{table}" for table, _ in columns})
    with_users = {f"cassandra:{table}" for table, column in columns if column == "userid"}
    assert with_users & WITHOUT_PEOPLE == set()


def test_every_topic_is_declared() -> None:
    settings = KafkaSettings()
    names = {getattr(settings, field): field for field in KafkaSettings.model_fields if field.endswith("_topic")}
    assert_all_are_declared({f"kafka:{names[topic.topic]}" for topic in _topics(settings)})


def test_every_table_of_the_lake_is_declared() -> None:
    assert_all_are_declared({f"lake:{source}.{table.name}" for source, table in landing.tables()})
    of_users = {
        f"lake:{source}.{table.name}"
        for source, table in landing.tables()
        if table.person and table.person.kind == "user"
    }
    assert of_users == {place for place in HELD if place.startswith("lake:")}


def test_a_table_that_nobody_declared_would_be_found(system: System) -> None:
    keyspace = system.flow.cassandra.cassandra_keyspace
    with connected(system.flow.cassandra) as session:
        session.execute(f"CREATE TABLE {keyspace}.wishes (userid TEXT PRIMARY KEY)", timeout=120)
    with pytest.raises(AssertionError, match="wishes"):
        test_every_table_of_cassandra_is_declared(system)
