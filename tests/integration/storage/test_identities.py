"""The history of a customer who was a visitor before, and of two who use one computer."""

import time
from collections.abc import Iterator

import pytest

from tests.integration.one_computer import Names
from tests.integration.storage.keyspaces import row
from vitrine.storage import ViewStore
from vitrine.storage.driver.times import seconds
from vitrine.storage.tables.identities import VISITORS_MERGED, IdentityStore

DAY = 86_400.0


@pytest.fixture
def names() -> Names:
    return Names.new()


@pytest.fixture
def identities(store: ViewStore) -> Iterator[IdentityStore]:
    yield IdentityStore(store._link)


def products(store: ViewStore, userid: str, *, limit: int = 50, now: float | None = None) -> list[str]:
    return store.latest_products(userid, limit=limit, now=time.time() if now is None else now)


def test_what_a_visitor_viewed_is_the_customers(store: ViewStore, identities: IdentityStore, names: Names) -> None:
    now = time.time()
    store.write([row(names.visitor, product, at=now - age) for product, age in (("a", 50), ("b", 30), ("d", 1))])
    assert products(store, names.ann) == []
    for _ in range(2):
        identities.join(names.visitor, names.ann, at=now - 5, now=now)
        # A customer without a view of their own, too; and of what the visitor does afterwards.
        assert products(store, names.ann) == ["d", "b", "a"]
    store.write([row(names.ann, product, at=now - age) for product, age in (("c", 20), ("a", 2))])
    assert products(store, names.ann) == ["d", "a", "c", "b"]
    assert products(store, names.ann, limit=2) == ["d", "a"]
    assert [product for product, _ in store.latest_views(names.ann, limit=9, now=now)] == ["d", "a", "c", "b", "a"]
    # The source is kept.
    assert products(store, names.visitor) == ["d", "b", "a"]
    assert products(store, names.bob) == []


def test_two_customers_of_one_computer_are_not_joined(
    store: ViewStore, identities: IdentityStore, names: Names
) -> None:
    now = time.time()
    for product, age in (("of-ann", 50), ("of-bob", 30), ("of-ann-again", 10), ("later", 1)):
        store.write([row(names.visitor, product, at=now - age)])
    # In whatever order it is heard of.
    for userid, age in ((names.ann, 5), (names.bob, 25), (names.ann, 45)):
        identities.join(names.visitor, userid, at=now - age, now=now)
    assert products(store, names.bob) == ["of-bob"]
    assert products(store, names.ann) == ["later", "of-ann-again", "of-ann"]


def test_who_was_said_to_be_a_customer_may_be_parted_again(
    store: ViewStore, identities: IdentityStore, names: Names
) -> None:
    now = time.time()
    store.write([row(names.visitor, "a", at=now - 90 * 60), row(names.ann, "b", at=now - 10)])
    assert not identities.part(names.visitor, names.ann, now=now)
    for age in (80 * 60, 60, 30):
        identities.join(names.visitor, names.ann, at=now - age, now=now)
    identities.join(names.visitor, names.bob, at=now - 20, now=now)
    assert products(store, names.ann) == ["b", "a"]
    assert identities.part(names.visitor, names.ann, now=now)
    assert not identities.part(names.visitor, names.ann, now=now)
    assert products(store, names.ann) == ["b"]
    assert products(store, names.bob) == ["a"]
    # What is heard of late was before it; what is said anew counts.
    identities.join(names.visitor, names.ann, at=now - 70 * 60, now=now)
    assert products(store, names.ann) == ["b"]
    identities.join(names.visitor, names.ann, at=now - 70 * 60 + 1, now=now + 1)
    identities.join(names.visitor, names.ann, at=now + 1, now=now + 1)
    assert "b" in products(store, names.ann)


def test_a_page_that_says_it_again_and_again_leaves_one_row(identities: IdentityStore, names: Names) -> None:
    now = float(round(time.time()))
    for age in (300, 200, 250, 200, 100):
        identities.join(names.visitor, names.ann, at=now - age, now=now)
    assert [seconds(each.at) for each in identities.identifications(names.visitor)] == [now - 300, now - 100]
    assert [each.visitorid for each in identities.visitors(names.ann)] == [names.visitor]


def test_what_a_customer_deletes_is_gone_from_what_they_viewed_as_a_visitor(
    store: ViewStore, identities: IdentityStore, names: Names
) -> None:
    now = time.time()
    store.write([row(names.visitor, product, at=now - age) for product, age in (("a", 50), ("b", 30))])
    # Deleted by the visitor, and so for the customer.
    assert store.delete_product(names.visitor, "b", now=now - 20)
    identities.join(names.visitor, names.ann, at=now - 10, now=now)
    assert products(store, names.ann) == ["a"]
    assert store.delete_product(names.ann, "a", now=now)
    assert products(store, names.ann) == []
    assert products(store, names.visitor) == ["a"]


def test_of_many_visitors_the_latest_are_read(store: ViewStore, identities: IdentityStore, names: Names) -> None:
    now = time.time()
    count = VISITORS_MERGED + 5
    for number in range(count):
        visitor = f"{names.visitor[:-2]}{number:02}"
        store.write([row(visitor, f"p{number}", at=now - 100 * number - 50)])
        identities.join(visitor, names.ann, at=now - 100 * number, now=now)
    assert products(store, names.ann) == [f"p{number}" for number in range(VISITORS_MERGED)]


def test_it_outlives_the_views_that_it_is_about(identities: IdentityStore, names: Names) -> None:
    now = time.time()
    identities.join(names.visitor, names.ann, at=now - 181 * DAY, now=now)
    assert identities.identifications(names.visitor) == []
    identities.join(names.visitor, names.ann, at=now - 170 * DAY, now=now)
    assert len(identities.identifications(names.visitor)) == 1


def test_one_pair_is_forgotten_up_to_a_moment(identities: IdentityStore, names: Names) -> None:
    now = time.time()
    for userid, age in ((names.ann, 50), (names.bob, 20)):
        identities.join(names.visitor, userid, at=now - age, now=now)
    identities.forget(names.visitor, names.ann, until=round((now - 60) * 1000))
    assert len(identities.visitors(names.ann)) == 1
    identities.forget(names.visitor, names.ann, until=round((now - 40) * 1000))
    assert identities.visitors(names.ann) == []
    assert {each.userid for each in identities.identifications(names.visitor)} == {names.bob}


class TestErasing:
    def test_a_customer(self, identities: IdentityStore, names: Names) -> None:
        now = time.time()
        for userid, age in ((names.ann, 50), (names.bob, 20)):
            identities.join(names.visitor, userid, at=now - age, now=now)
        assert identities.erase(names.ann, until=round(now * 1000), also_later=True) == 1
        assert identities.visitors(names.ann) == []
        assert [each.userid for each in identities.identifications(names.visitor)] == [names.bob]
        assert identities.erase(names.ann, until=round(now * 1000), also_later=True) == 0
        assert names.ann not in set(identities.ids())

    def test_a_visitor(self, identities: IdentityStore, names: Names) -> None:
        now = time.time()
        # One with a fast clock.
        identities.join(names.visitor, names.ann, at=now + 200, now=now)
        assert identities.erase(names.visitor, until=round(now * 1000), also_later=False) == 0
        assert identities.erase(names.visitor, until=round(now * 1000), also_later=True) == 1
        assert identities.visitors(names.ann) == []
        assert identities.identifications(names.visitor) == []

    def test_up_to_a_moment(self, identities: IdentityStore, names: Names) -> None:
        now = time.time()
        for age in (2 * 3600, 10):
            identities.join(names.visitor, names.ann, at=now - age, now=now)
        identities.erase(names.visitor, until=round((now - 3600) * 1000), also_later=False)
        # Still the customer's, of what was done after it.
        assert {each.userid for each in identities.identifications(names.visitor)} == {names.ann}
        assert len(identities.visitors(names.ann)) == 1
