"""Cassandra goes away while a store is open, or is away when it is opened."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from local_stack.stack import LocalStack, free_ports
from tests.integration.storage.keyspaces import (
    await_answers,
    cassandra_settings,
    connected,
    drop,
    make_schema,
    opened,
    row,
    select,
)
from tests.integration.storage.servers import frozen, stopped
from tests.waiting import soon, wait_until
from vitrine.errors import StorageUnavailableError
from vitrine.settings import CassandraSettings
from vitrine.storage import Link, ViewStore
from vitrine.storage.driver.connection import READ_TIMEOUT_SECONDS, WRITE_TIMEOUT_SECONDS, connect
from vitrine.storage.driver.link import CLOSE_SECONDS


@pytest.fixture
def late(stack: LocalStack) -> Iterator[CassandraSettings]:
    """A keyspace that does not exist yet."""
    made = cassandra_settings(stack)
    yield made
    drop(made)


def assert_away(call: Callable[[], object], *, within: float) -> str:
    def reason() -> str:
        with pytest.raises(StorageUnavailableError) as caught:
            call()
        return str(caught.value)

    return soon(reason, within=within)


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
        make_schema(late)
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
    standing = Link(settings)
    standing.connect()
    with frozen(stack, "cassandra"):
        connecting = Link(settings)
        connecting.keep_connecting()
        time.sleep(0.2)
        began = time.monotonic()
        connecting.close()
        standing.close()
        assert time.monotonic() - began < CLOSE_SECONDS + 1


def test_a_name_that_is_not_known_is_an_outage(stack: LocalStack) -> None:
    """As it may be for a while where a cluster starts; the store goes on trying."""
    unknown = cassandra_settings(stack, cassandra_contact_points=("cassandra.invalid",))
    with pytest.raises(StorageUnavailableError, match=r"cassandra\.invalid"):
        connect(unknown)
    with opened(unknown) as store:
        wait_until(lambda: "cassandra.invalid" in assert_away(store.check, within=0.5), what="another reason")


def test_a_missing_schema_is_the_reason_and_is_not_made(late: CassandraSettings, userid: str) -> None:
    with opened(late) as store:
        reason = "the schema lacks what is needed"
        wait_until(lambda: reason in assert_away(store.check, within=0.5), what="another reason")
        assert "python -m vitrine.storage" in assert_away(store.check, within=0.5)
        with connected(late) as session:
            found = select(session, "SELECT keyspace_name FROM system_schema.keyspaces")
        assert (late.cassandra_keyspace,) not in found
        make_schema(late)
        assert store.write([row(userid, "a", at=time.time())]) == []


def test_connecting_to_nobody_does_not_take_long(stack: LocalStack) -> None:
    nobody = cassandra_settings(stack).model_copy(update={"cassandra_port": next(free_ports())})
    assert_away(lambda: connect(nobody), within=6)


CONNECT_AND_CLOSE = """
import sys, time
from vitrine.settings import CassandraSettings
from vitrine.storage import Link

link = Link(CassandraSettings(cassandra_port=int(sys.argv[1])))
link.keep_connecting()
time.sleep(float(sys.argv[2]))
link.close()
"""


def test_a_process_that_ends_while_it_connects_says_nothing(stack: LocalStack) -> None:
    """At each moment of the tenth of a second that connecting takes, and with a Cassandra that does not answer."""
    port = str(stack.settings.stack_cassandra_port)

    def output(seconds: float) -> tuple[int, str]:
        command = [sys.executable, "-c", CONNECT_AND_CLOSE, port, str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout + done.stderr

    assert {output(hundredths / 100) for hundredths in range(0, 12, 2)} == {(0, "")}
    with frozen(stack, "cassandra"):
        assert output(0.05) == (0, "")
