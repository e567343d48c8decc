"""Cassandra goes away while a store is open, or is away when it is opened."""

import time
from collections.abc import Callable, Iterator

import pytest

from local_stack.stack import LocalStack, free_ports
from tests.integration.storage.keyspaces import await_answers, cassandra_settings, drop, opened, row
from tests.integration.storage.servers import frozen, stopped, wait_until
from vitrine.errors import SchemaError, StorageUnavailableError
from vitrine.settings import CassandraSettings
from vitrine.storage import ViewStore
from vitrine.storage.driver.connection import READ_TIMEOUT_SECONDS, WRITE_TIMEOUT_SECONDS, connect


@pytest.fixture
def late(stack: LocalStack) -> Iterator[CassandraSettings]:
    """A keyspace that does not exist yet."""
    made = cassandra_settings(stack)
    yield made
    drop(made)


def assert_away(call: Callable[[], object], *, within: float) -> str:
    began = time.monotonic()
    with pytest.raises(StorageUnavailableError) as caught:
        call()
    assert time.monotonic() - began < within
    return str(caught.value)


def test_a_stopped_cassandra_is_said_at_once_and_comes_back(
    stack: LocalStack, store: ViewStore, late: CassandraSettings, userid: str
) -> None:
    kept = row(userid, "kept", at=time.time() - 1)
    store.write([kept])
    with stopped(stack, "cassandra"), opened(late) as late_store:
        for _ in range(3):
            assert_away(lambda: store.latest_products(userid, limit=10, now=time.time()), within=0.5)
            assert_away(lambda: store.delete_product(userid, "kept", now=time.time()), within=0.5)
            assert_away(lambda: store.write([kept]), within=WRITE_TIMEOUT_SECONDS + 0.5)
            assert_away(store.check, within=0.5)
            time.sleep(0.5)
        reason = assert_away(lambda: late_store.write([kept]), within=WRITE_TIMEOUT_SECONDS + 0.5)
        assert f"127.0.0.1:{late.cassandra_port}" in reason
        assert_away(late_store.check, within=0.5)
        stack.start("cassandra")
        await_answers(store)
        await_answers(late_store)
        assert store.latest_products(userid, limit=10, now=time.time()) == ["kept"]
        for each in (store, late_store):
            assert each.write([row(userid, "new", at=time.time())]) == []
            assert each.latest_products(userid, limit=1, now=time.time()) == ["new"]


def test_a_frozen_cassandra_is_not_waited_for(stack: LocalStack, store: ViewStore, userid: str) -> None:
    with frozen(stack, "cassandra"):
        assert_away(lambda: store.write([row(userid, "a", at=time.time())]), within=WRITE_TIMEOUT_SECONDS + 0.5)
        assert_away(lambda: store.latest_products(userid, limit=10, now=time.time()), within=READ_TIMEOUT_SECONDS + 0.4)
    await_answers(store)
    store.write([row(userid, "b", at=time.time())])
    assert store.latest_products(userid, limit=1, now=time.time()) == ["b"]


def test_a_store_closes_soon_though_cassandra_does_not_answer(stack: LocalStack, settings: CassandraSettings) -> None:
    await_store = ViewStore(settings)
    await_answers(await_store)
    with frozen(stack, "cassandra"):
        connecting = ViewStore(settings)
        time.sleep(0.2)
        began = time.monotonic()
        connecting.close()
        await_store.close()
        assert time.monotonic() - began < 2


def test_a_name_that_is_not_known_is_an_outage(stack: LocalStack) -> None:
    """As it may be for a while where a cluster starts; the store goes on trying."""
    unknown = cassandra_settings(stack, cassandra_contact_points=("cassandra.invalid",))
    with pytest.raises(StorageUnavailableError, match=r"cassandra\.invalid"):
        connect(unknown)
    with opened(unknown) as store:
        wait_until(
            lambda: "cassandra.invalid" in assert_away(store.check, within=0.5), seconds=5, what="another reason"
        )
        assert store._connector.is_alive()


def test_a_schema_that_cannot_be_used_is_the_reason(stack: LocalStack) -> None:
    broken = cassandra_settings(stack, cassandra_replication="{'class': 'NoSuchStrategy'}")
    with opened(broken) as store:
        wait_until(
            lambda: "Cassandra refuses the keyspace" in assert_away(store.check, within=0.5),
            seconds=10,
            what=lambda: assert_away(store.check, within=0.5),
        )
    assert not issubclass(StorageUnavailableError, SchemaError)


def test_connecting_to_nobody_does_not_take_long(stack: LocalStack) -> None:
    nobody = cassandra_settings(stack).model_copy(update={"cassandra_port": next(free_ports())})
    assert_away(lambda: connect(nobody), within=6)
