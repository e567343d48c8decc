"""What a user viewed last."""

import time

import pytest

from tests.integration.storage.keyspaces import (
    latest,
    row,
)
from vitrine.storage import ViewStore

DAY = 86_400.0


def test_a_user_never_seen_has_no_products(store: ViewStore, userid: str) -> None:
    assert latest(store, userid) == []


def test_distinct_products_come_newest_view_first(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([*(row(userid, name, at=now - age) for age, name in enumerate(["b", "c", "b", "a", "c"]))])
    assert latest(store, userid) == ["b", "c", "a"]


def test_the_order_of_arrival_does_not_matter(store: ViewStore, userid: str) -> None:
    now = time.time()
    for age, name in ((30, "c"), (10, "a"), (20, "b")):
        store.write([row(userid, name, at=now - age)])
    assert latest(store, userid) == ["a", "b", "c"]


@pytest.mark.parametrize("limit", [1, 2, 10, 50])
def test_the_limit_counts_distinct_products(store: ViewStore, userid: str, limit: int) -> None:
    """Each product eleven times, so that the first page does not suffice."""
    now = time.time()
    store.write([*(row(userid, f"p{number // 11}", at=now - number) for number in range(660))])
    assert latest(store, userid, limit=limit) == [f"p{number}" for number in range(limit)]


def test_fewer_products_than_the_limit(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([*(row(userid, f"p{number % 3}", at=now - number) for number in range(300))])
    assert latest(store, userid) == ["p0", "p1", "p2"]


def test_what_is_older_than_the_retention_does_not_count(store: ViewStore, userid: str) -> None:
    """Read as of a later moment: the row is still there."""
    now = time.time()
    store.write([row(userid, "old", at=now - 89 * DAY), row(userid, "new", at=now)])
    assert latest(store, userid) == ["new", "old"]
    assert latest(store, userid, now=now + 2 * DAY) == ["new"]


def test_users_do_not_see_each_other(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "mine", at=now), row(f"{userid}-other", "theirs", at=now)])
    assert latest(store, userid) == ["mine"]


def test_a_hundred_thousand_views_of_one_product(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([*(row(userid, "same", at=now - 100 - number / 10) for number in range(100_000))])
    assert latest(store, userid) == ["same"]
    store.write([row(userid, "older", at=now - 20_000)])
    assert latest(store, userid) == ["same", "older"]
    assert store.delete_product(userid, "same", now=now)
    assert latest(store, userid) == ["older"]
