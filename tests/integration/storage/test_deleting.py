"""What a user has deleted is remembered."""

import time
from functools import partial

from cassandra.cluster import Session

from tests.integration.storage.keyspaces import (
    latest,
    row,
    select,
)
from tests.waiting import patiently
from vitrine.settings import CassandraSettings
from vitrine.storage import ViewStore

DAY = 86_400.0
RETENTION = 90 * DAY


def test_what_is_not_in_the_history_is_not_found(store: ViewStore, userid: str) -> None:
    now = time.time()
    assert not store.delete_product(userid, "a", now=now - 1)
    store.write([row(userid, "a", at=now)])
    assert not store.delete_product(userid, "b", now=now)
    assert latest(store, userid) == ["a"]


def test_a_view_that_was_on_its_way_does_not_show(store: ViewStore, userid: str) -> None:
    now = time.time()
    assert not store.delete_product(userid, "a", now=now)
    store.write([row(userid, "a", at=now - 10), row(userid, "a", at=now), row(userid, "b", at=now - 10)])
    assert latest(store, userid) == ["b"]
    store.write([row(userid, "a", at=now + 0.001)])
    assert latest(store, userid) == ["a", "b"]


def test_a_second_deletion_finds_nothing_and_hides_what_came_after_the_first(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "a", at=now - 20)])
    assert store.delete_product(userid, "a", now=now - 10)
    assert not store.delete_product(userid, "a", now=now)
    store.write([row(userid, "a", at=now - 5), row(userid, "b", at=now - 5)])
    assert latest(store, userid) == ["b"]


def test_the_memory_of_what_was_not_found_ends_too(
    store: ViewStore, session: Session, settings: CassandraSettings, userid: str
) -> None:
    assert not store.delete_product(userid, "a", now=time.time())
    table = f"{settings.cassandra_keyspace}.product_views"
    ((deletion, memory),) = select(
        session, f"SELECT TTL(last_deletion), TTL(deleted_products) FROM {table} WHERE userid = %s", userid
    )
    assert [RETENTION < ttl <= RETENTION + 302 for ttl in (deletion, *memory)] == [True, True]


def test_older_views_stay_hidden_whenever_they_arrive(store: ViewStore, userid: str) -> None:
    now = time.time()
    seen = [
        row(userid, "a", at=now - 10, messageid="1"),
        row(userid, "b", at=now - 20),
        row(userid, "a", at=now - 30),
    ]
    store.write(seen)
    assert store.delete_product(userid, "a", now=now)
    assert latest(store, userid) == ["b"]
    store.write(seen)
    store.write([row(userid, "a", at=now - 5), row(userid, "a", at=now)])
    assert latest(store, userid) == ["b"]


def test_a_newer_view_brings_it_back(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "a", at=now - 20), row(userid, "b", at=now - 10)])
    store.delete_product(userid, "a", now=now)
    store.write([row(userid, "a", at=now + 0.001)])
    assert latest(store, userid) == ["a", "b"]
    assert store.delete_product(userid, "a", now=now + 1)
    assert latest(store, userid) == ["b"]


def test_a_view_of_a_fast_clock_is_hidden_too(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "a", at=now + 200), row(userid, "b", at=now - 10)])
    assert store.delete_product(userid, "a", now=now)
    assert latest(store, userid) == ["b"]
    store.write([row(userid, "a", at=now + 100)])
    assert latest(store, userid) == ["b"]
    store.write([row(userid, "a", at=now + 201)])
    assert latest(store, userid) == ["a", "b"]


def test_each_product_has_its_own_moment(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([*(row(userid, name, at=now - 60) for name in "abc")])
    store.delete_product(userid, "a", now=now - 30)
    store.delete_product(userid, "b", now=now - 10)
    store.write([row(userid, "a", at=now - 20), row(userid, "b", at=now - 20)])
    assert latest(store, userid) == ["a", "c"]


def test_an_earlier_moment_does_not_replace_a_later_one(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "a", at=now - 60), row(userid, "b", at=now - 60)])
    store.delete_product(userid, "b", now=now)
    # Another process whose clock is behind; the newest deletion is still b's.
    store.delete_product(userid, "a", now=now - 30)
    store.write([row(userid, "b", at=now - 10), row(userid, "a", at=now - 10)])
    assert latest(store, userid) == ["a"]


def test_other_users_keep_theirs(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "a", at=now - 1), row(f"{userid}-other", "a", at=now - 1)])
    store.delete_product(userid, "a", now=now)
    assert latest(store, f"{userid}-other") == ["a"]


def test_the_memory_outlives_every_view_that_it_hides(
    store: ViewStore, session: Session, settings: CassandraSettings, userid: str
) -> None:
    store.write([row(userid, "a", at=time.time() + 300)])
    assert store.delete_product(userid, "a", now=time.time())
    table = f"{settings.cassandra_keyspace}.product_views"
    ((view, deletion, memory),) = select(
        session,
        f"SELECT TTL(productid), TTL(last_deletion), TTL(deleted_products) FROM {table} WHERE userid = %s",
        userid,
    )
    assert view < deletion <= RETENTION + 302
    assert [view < ttl <= RETENTION + 302 for ttl in memory] == [True]


def test_a_thousand_deletions(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([*(row(userid, f"p{number}", at=now - 1 - number) for number in range(200))])
    for number in range(190):
        assert patiently(partial(store.delete_product, userid, f"p{number}", now=now))
    assert patiently(partial(latest, store, userid)) == [f"p{number}" for number in range(190, 200)]
