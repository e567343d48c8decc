"""The last views of a user, each with its time."""

import time

import pytest

from tests.integration.storage.keyspaces import row
from vitrine.storage import ViewStore

DAY = 86_400.0


def views(store: ViewStore, userid: str, *, limit: int = 100, now: float | None = None) -> list[tuple[str, float]]:
    return store.latest_views(userid, limit=limit, now=time.time() if now is None else now)


def test_a_user_never_seen_has_no_views(store: ViewStore, userid: str) -> None:
    assert views(store, userid) == []


def test_every_view_counts_newest_first(store: ViewStore, userid: str) -> None:
    now = round(time.time())
    store.write([row(userid, name, at=now - age) for age, name in ((30, "a"), (10, "a"), (20, "b"))])
    assert views(store, userid) == [("a", now - 10), ("b", now - 20), ("a", now - 30)]


@pytest.mark.parametrize("limit", [1, 100, 150])
def test_no_more_than_asked_for(store: ViewStore, userid: str, limit: int) -> None:
    now = time.time()
    store.write([row(userid, f"p{number}", at=now - number) for number in range(150)])
    assert [product for product, _ in views(store, userid, limit=limit)] == [f"p{number}" for number in range(limit)]


def test_deleted_views_make_room_for_older_ones(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "deleted" if number % 2 else f"p{number}", at=now - number) for number in range(400)])
    assert store.delete_product(userid, "deleted", now=now)
    assert [product for product, _ in views(store, userid)] == [f"p{number}" for number in range(0, 200, 2)]


def test_what_is_older_than_the_retention_does_not_count(store: ViewStore, userid: str) -> None:
    now = time.time()
    store.write([row(userid, "old", at=now - 89 * DAY), row(userid, "new", at=now)])
    assert [product for product, _ in views(store, userid, now=now + 2 * DAY)] == ["new"]
