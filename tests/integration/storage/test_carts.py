"""The cart of a customer who was a visitor before, and of two who use one computer."""

import time
from collections.abc import Iterator, Sequence

import pytest
from cassandra.cluster import Session

from tests.integration.api.test_outages import TOMBSTONES
from tests.integration.one_computer import Names
from tests.integration.storage.keyspaces import select
from tests.unit.vitrine.test_shop_events import shop_event
from vitrine.errors import StorageUnavailableError
from vitrine.settings import CassandraSettings
from vitrine.shop_events import decode
from vitrine.storage import ShopEventStore, ViewStore
from vitrine.storage.tables.carts import CartStore, removed_row
from vitrine.storage.tables.identities import VISITORS_MERGED, IdentityStore
from vitrine.storage.tables.shop_events import shop_event_row


@pytest.fixture
def names() -> Names:
    return Names.new()


@pytest.fixture
def identities(store: ViewStore) -> IdentityStore:
    return IdentityStore(store._link)


@pytest.fixture
def events(store: ViewStore) -> ShopEventStore:
    return ShopEventStore(store._link)


@pytest.fixture
def carts(events: ShopEventStore) -> CartStore:
    return events.carts


def tell(events: ShopEventStore, kind: str, userid: str, products: Sequence[str] = (), *, at: float) -> None:
    """One event of all products."""
    lines = [{"productid": product} for product in products]
    properties = {"orderid": "order-1", "products": lines} if kind == "OrderCompleted" else lines[0]
    event = decode(shop_event(kind, userid=userid, messageid=f"m-{at}", properties=properties))
    row = shop_event_row(
        event,
        time=at,
        record_time=at,
        now=time.time(),
        retention_seconds=events.retention_seconds,
        cart_seconds=events.carts.kept_seconds,
    )
    assert row is not None
    assert events.write([row]) == []


def put_in(events: ShopEventStore, userid: str, product: str, *, at: float) -> None:
    tell(events, "ProductAdded", userid, [product], at=at)


def test_what_a_visitor_put_in_is_in_the_customers_cart(
    events: ShopEventStore, carts: CartStore, identities: IdentityStore, names: Names
) -> None:
    now = time.time()
    put_in(events, names.visitor, "a", at=now - 50)
    assert carts.ask(names.ann)() == set()
    identities.join(names.visitor, names.ann, at=now - 30, now=now)
    # Where the customer's own is empty, too.
    assert carts.ask(names.ann)() == {"a"}
    put_in(events, names.ann, "b", at=now - 20)
    put_in(events, names.visitor, "c", at=now - 10)
    assert carts.ask(names.ann)() == {"a", "b", "c"}
    assert carts.ask(names.visitor)() == {"a", "c"}
    assert carts.ask(names.bob)() == set()
    tell(events, "ProductRemoved", names.visitor, ["a"], at=now - 5)
    assert carts.ask(names.ann)() == {"b", "c"}
    identities.part(names.visitor, names.ann, now=now)
    assert carts.ask(names.ann)() == {"b"}


def test_two_customers_of_one_computer_have_a_cart_each(
    events: ShopEventStore, carts: CartStore, identities: IdentityStore, names: Names
) -> None:
    now = time.time()
    for product, age in (("of-ann", 50), ("of-bob", 30), ("of-ann-again", 10), ("later", 1)):
        put_in(events, names.visitor, product, at=now - age)
    # In whatever order it is heard of.
    for userid, age in ((names.ann, 5), (names.bob, 25), (names.ann, 45)):
        identities.join(names.visitor, userid, at=now - age, now=now)
    assert carts.ask(names.bob)() == {"of-bob"}
    assert carts.ask(names.ann)() == {"of-ann", "of-ann-again", "later"}


def test_what_the_customer_takes_out_or_orders_afterwards_is_not_in_it(
    events: ShopEventStore, carts: CartStore, identities: IdentityStore, names: Names
) -> None:
    now = time.time()
    identities.join(names.visitor, names.ann, at=now - 100, now=now)
    products = ["kept", "removed", "ordered", "ordered-too", "put-in-again", "at-once"]
    # By the customer, before any of it was put in.
    tell(events, "OrderCompleted", names.ann, products, at=now - 90)
    for place, product in enumerate(products):
        put_in(events, names.visitor, product, at=now - 80 + place)
    assert carts.ask(names.ann)() == set(products)
    # What comes late counts by its own time; what others do does not.
    put_in(events, names.visitor, "put-in-again", at=now - 40)
    tell(events, "ProductRemoved", names.ann, ["put-in-again"], at=now - 50)
    tell(events, "ProductRemoved", names.ann, ["removed"], at=now - 50.5)
    tell(events, "ProductRemoved", names.ann, ["at-once"], at=now - 80 + products.index("at-once"))
    tell(events, "OrderCompleted", names.ann, ["ordered", "ordered-too", "never-put-in"], at=now - 30)
    tell(events, "OrderCompleted", names.bob, products, at=now)
    assert carts.ask(names.ann)() == {"kept", "put-in-again"}
    assert carts.ask(names.visitor)() == set(products)
    # On another computer, later.
    another = f"{names.visitor[:-2]}zz"
    identities.join(another, names.ann, at=now - 20, now=now)
    put_in(events, another, "removed", at=now - 25)
    assert carts.ask(names.ann)() == {"kept", "put-in-again", "removed"}


def test_who_was_never_a_visitor_costs_one_read(
    events: ShopEventStore, identities: IdentityStore, names: Names, session: Session, settings: CassandraSettings
) -> None:
    def reads() -> dict[str, int]:
        query = "SELECT table_name, count FROM system_views.local_read_latency WHERE keyspace_name = %s ALLOW FILTERING"
        counts = dict(select(session, query, settings.cassandra_keyspace))
        return {table: counts[table] for table in ("carts", "visitors", "identifications", "shop_events")}

    def costs(userid: str) -> dict[str, int]:
        before = reads()
        events.carts.ask(userid)()
        return {table: count - before[table] for table, count in reads().items()}

    now = time.time()
    put_in(events, names.ann, "a", at=now - 50)
    for userid in (names.ann, names.bob, names.visitor):
        assert costs(userid) == {"carts": 1, "visitors": 0, "identifications": 0, "shop_events": 0}
    identities.join(names.visitor, names.ann, at=now - 30, now=now)
    assert costs(names.ann) == {"carts": 2, "visitors": 1, "identifications": 0, "shop_events": 0}
    put_in(events, names.visitor, "a", at=now - 20)
    assert costs(names.ann) == {"carts": 2, "visitors": 1, "identifications": 0, "shop_events": 0}
    put_in(events, names.visitor, "b", at=now - 20.5)
    assert costs(names.ann) == {"carts": 2, "visitors": 1, "identifications": 1, "shop_events": 1}


def test_of_many_visitors_the_latest_are_read(
    events: ShopEventStore, carts: CartStore, identities: IdentityStore, names: Names
) -> None:
    now = time.time()
    for number in range(VISITORS_MERGED + 5):
        visitor = f"{names.visitor[:-2]}{number:02}"
        put_in(events, visitor, f"p{number}", at=now - 100 * number - 50)
        identities.join(visitor, names.ann, at=now - 100 * number, now=now)
    assert carts.ask(names.ann)() == {f"p{number}" for number in range(VISITORS_MERGED)}


@pytest.fixture
def unreadable(carts: CartStore, names: Names) -> Iterator[str]:
    """A visitor out of whose cart more was taken than Cassandra reads past."""
    remover = carts.remover()
    for number in range(TOMBSTONES):
        remover.write(removed_row(names.visitor, f"product-{number}", round(time.time() * 1000)))
    remover.finish()
    yield names.visitor
    # Nobody could list whose carts there are.
    carts._link.session.execute(f"TRUNCATE {carts._link.keyspace}.carts", timeout=120)


def test_a_visitors_cart_that_cannot_be_read_leaves_the_customers(
    events: ShopEventStore, identities: IdentityStore, names: Names, unreadable: str
) -> None:
    now = time.time()
    identities.join(unreadable, names.ann, at=now, now=now)
    put_in(events, names.ann, "a", at=now - 50)
    with pytest.raises(StorageUnavailableError):
        events.carts.ask(unreadable)()
    assert events.carts.ask(names.ann)() == {"a"}


def test_the_mark_of_visitors_is_nothing_in_a_cart(carts: CartStore, identities: IdentityStore, names: Names) -> None:
    now = time.time()
    identities.join(names.visitor, names.ann, at=now - 50, now=now)
    assert carts.kept(names.ann) == []
    assert carts.ask(names.ann)() == set()
    assert names.ann in set(carts.userids())
    assert carts.erase(names.ann, until=round(now * 1000), also_later=True) == 0
    assert names.ann not in set(carts.userids())
