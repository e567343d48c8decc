"""A view is written once, however often it comes, and for as long as it is kept."""

import time
from datetime import UTC
from typing import Any

import pytest
from cassandra.cluster import Session

from tests.integration.storage.keyspaces import (
    latest,
    row,
    select,
)
from vitrine import canary
from vitrine.settings import CassandraSettings
from vitrine.storage import ViewStore
from vitrine.storage.tables.product_views import StoredView

DAY = 86_400.0
RETENTION = 90 * DAY


def stored(session: Session, settings: CassandraSettings, userid: str) -> list[tuple[object, ...]]:
    return select(
        session,
        "SELECT messagetime, messageid, event, productid, source, WRITETIME(productid), WRITETIME(source),"
        f" TTL(productid) FROM {settings.cassandra_keyspace}.product_views WHERE userid = %s",
        userid,
    )


def test_a_row_holds_what_the_view_said(
    store: ViewStore, session: Session, settings: CassandraSettings, userid: str
) -> None:
    at = round(time.time() - 60, 3)
    assert store.write([row(userid, "product-173", at=at, messageid="m-1", source="Küche")]) == []
    ((messagetime, *values, ttl),) = stored(session, settings, userid)
    assert messagetime.replace(tzinfo=UTC).timestamp() == at  # type: ignore[attr-defined]
    assert values == [
        "m-1",
        "ProductView",
        "product-173",
        "Küche",
        round(at * 1000) * 1000,
        round(at * 1000) * 1000,
    ]
    assert isinstance(ttl, int)


@pytest.mark.parametrize("age", [-300.0, 0.0, DAY, 89 * DAY, 90 * DAY - 60])
def test_the_ttl_counts_from_the_views_own_time(
    store: ViewStore, session: Session, settings: CassandraSettings, userid: str, age: float
) -> None:
    store.write([row(userid, "a", at=time.time() - age)])
    ((*_, ttl),) = stored(session, settings, userid)
    assert isinstance(ttl, int)
    assert RETENTION - age - 15 < ttl <= RETENTION - age


def test_the_longest_retention_is_one_that_cassandra_keeps(
    store: ViewStore, session: Session, settings: CassandraSettings, userid: str
) -> None:
    longest = 3650 * DAY
    assert store.write([row(userid, "a", at=time.time() + 300, retention_seconds=longest)]) == []
    ((*_, ttl),) = stored(session, settings, userid)
    assert ttl == pytest.approx(longest + 300, abs=15)


def test_a_view_expires_by_itself(store: ViewStore, session: Session, settings: CassandraSettings, userid: str) -> None:
    at = time.time() - RETENTION + 2
    store.write([row(userid, "a", at=at), row(userid, "b", at=time.time())])
    time.sleep(2.5)
    assert [values[3] for values in stored(session, settings, userid)] == ["b"]


def test_a_replay_changes_nothing(store: ViewStore, session: Session, settings: CassandraSettings, userid: str) -> None:
    now = time.time()
    views = [(f"product-{number % 7}", now - number * 60, f"m-{number}") for number in range(200)]

    def write_all() -> None:
        store.write([*(row(userid, product, at=at, messageid=messageid) for product, at, messageid in views)])

    write_all()
    before = stored(session, settings, userid)
    assert len(before) == 200
    time.sleep(1.1)
    write_all()
    write_all()
    after = stored(session, settings, userid)
    assert [values[:-1] for values in after] == [values[:-1] for values in before]
    # The TTL goes on counting down from the first write's: a replay does not prolong it.
    for (*_, ttl_after), (*_, ttl_before) in zip(after, before, strict=True):
        assert isinstance(ttl_after, int)
        assert isinstance(ttl_before, int)
        assert ttl_before - 15 < ttl_after <= ttl_before


def test_a_view_over_a_cap_is_in_the_history_and_not_learned_from(
    store: ViewStore, session: Session, settings: CassandraSettings, userid: str
) -> None:
    now = time.time()
    over: dict[str, Any] = {"at": now - 1, "messageid": "over", "is_uncounted": True}
    store.write([row(userid, "a", at=now - 2, messageid="counts"), row(userid, "b", **over)])
    assert latest(store, userid) == ["b", "a"]
    assert {view.messageid for view in learned_from(store, userid)} == {"counts"}
    # With null in the place of no value at all, the same row that comes without it would remove it.
    store.write([row(userid, "b", **over | {"is_uncounted": False})])
    assert {view.messageid for view in learned_from(store, userid)} == {"counts"}
    table = f"{settings.cassandra_keyspace}.product_views"
    found = select(session, f"SELECT messageid, uncounted FROM {table} WHERE userid = %s", userid)
    assert found == [("over", True), ("counts", None)]


def learned_from(store: ViewStore, userid: str) -> list[StoredView]:
    return [view for page in store.all_views(now=time.time()) for view in page if view.userid == userid]


def test_nobody_learns_from_the_canary(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(canary.USER, "a", at=now), row(userid, "a", at=now)])
    assert (len(learned_from(store, canary.USER)), len(learned_from(store, userid))) == (0, 1)


def test_views_at_the_same_moment_are_told_apart_by_their_ids(
    store: ViewStore, session: Session, settings: CassandraSettings, userid: str
) -> None:
    at = time.time()
    store.write([*(row(userid, "a", at=at, messageid=f"m-{number}") for number in range(3))])
    assert [values[1] for values in stored(session, settings, userid)] == ["m-0", "m-1", "m-2"]


def test_no_rows_are_written_at_once(store: ViewStore) -> None:
    assert store.write([]) == []


def test_many_users_in_one_call(store: ViewStore, userid: str) -> None:
    now = time.time()
    users = [f"{userid}-{number}" for number in range(500)]
    store.write([*(row(user, f"p{order}", at=now - order) for order in range(4) for user in users)])
    for user in users[::25]:
        assert latest(store, user) == ["p0", "p1", "p2", "p3"]
