"""Who was whom, from a real Cassandra into a lake."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import keyspace_of
from tests.unit.vitrine.lake.reading import rows
from vitrine.lake import erasing, identities, landing
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.settings import CassandraSettings
from vitrine.storage import Link
from vitrine.storage.tables.identities import IdentityStore


@pytest.fixture(scope="module")
def cassandra(stack: LocalStack) -> Iterator[CassandraSettings]:
    with keyspace_of(stack) as made:
        yield made


def join(settings: CassandraSettings, *pairs: tuple[str, str]) -> None:
    with Link.connected(settings) as link:
        for visitor, customer in pairs:
            IdentityStore(link).join(visitor, customer, at=time.time(), now=time.time())


def land(lake: Lake, settings: CassandraSettings) -> Landed:
    with lake.alone():
        return identities.land(lake, settings)


def pairs(lake: Lake) -> list[tuple[str, str]]:
    return [(visitor, user) for visitor, user in rows(lake, "events", "identities", "visitor_id, user_id")]


def test_who_was_whom_lands_as_a_whole_and_without_who_was_erased(lake: Lake, cassandra: CassandraSettings) -> None:
    assert land(lake, cassandra).rows == 0
    join(cassandra, ("anon-1", "ann"), ("anon-2", "bob"), ("anon-2", "ann"))
    assert land(lake, cassandra).rows == 3
    assert land(lake, cassandra).unchanged == 1
    assert pairs(lake) == [("anon-1", "ann"), ("anon-2", "ann"), ("anon-2", "bob")]
    with Link.connected(cassandra) as link:
        assert IdentityStore(link).part("anon-2", "ann", now=time.time())
    land(lake, cassandra)
    assert pairs(lake) == [("anon-1", "ann"), ("anon-2", "bob")]
    # By either id, and Cassandra has not heard of it yet.
    for person in ("anon-1", "bob"):
        with lake.alone():
            assert erasing.erase(lake, landing.tables(), "user", person, until=datetime.now(UTC)).rows == 1
    assert pairs(lake) == []
    join(cassandra, ("anon-3", "cid"))
    assert land(lake, cassandra).rows == 1
    assert pairs(lake) == [("anon-3", "cid")]


def test_without_cassandra_what_was_landed_stays(lake: Lake, cassandra: CassandraSettings) -> None:
    join(cassandra, ("anon-4", "dan"))
    land(lake, cassandra)
    before = pairs(lake)
    assert ("anon-4", "dan") in before
    away = land(lake, cassandra.model_copy(update={"cassandra_port": 9}))
    assert away.failures
    assert "Cassandra" in away.failures[0]
    assert pairs(lake) == before
