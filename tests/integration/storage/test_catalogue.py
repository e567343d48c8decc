"""What API and feeds say of products: stored, joined with what Postgres says, and shown while it changes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import compress

import pytest
from cassandra.cluster import Session

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import connected_link, keyspace_of, patient, session_on
from tests.waiting import wait_until
from vitrine.errors import StorageUnavailableError
from vitrine.products import CatalogueProduct
from vitrine.recommending import Catalogue
from vitrine.settings import CassandraSettings, Winner
from vitrine.storage import catalogue as reading
from vitrine.storage.assortment import AssortmentCache
from vitrine.storage.product_editing import ProductEditor
from vitrine.storage.tables.catalogue_products import CatalogueChangeStore

LAMP = CatalogueProduct(
    "lamp",
    title="A lamp",
    price=Decimal("49.90"),
    currency="EUR",
    in_stock=True,
    category=["Home", "Lamps"],
    image="https://www.shop.example/lamp.jpg",
    url="https://www.shop.example/lamp",
    brand="Lumen",
    attributes={"colour": "brass", "sizes": ["S", "M"], "height": 31.5},
    available_from=datetime(2026, 1, 1, tzinfo=UTC),
    available_to=datetime(2196, 1, 1, tzinfo=UTC),
    created_at=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
)


@pytest.fixture
def settings(stack: LocalStack) -> Iterator[CassandraSettings]:
    """An empty keyspace for each test."""
    with keyspace_of(stack) as made:
        yield made


@pytest.fixture
def session(settings: CassandraSettings) -> Iterator[Session]:
    with session_on(settings) as made:
        yield patient(made)


@pytest.fixture
def editor(settings: CassandraSettings) -> Iterator[ProductEditor]:
    with editing(settings) as made:
        yield made


@contextmanager
def editing(settings: CassandraSettings, winner: Winner = "api") -> Iterator[ProductEditor]:
    with connected_link(settings) as link:
        yield ProductEditor(link, winner)


@contextmanager
def shown(settings: CassandraSettings, winner: Winner = "api") -> Iterator[AssortmentCache]:
    with connected_link(settings) as link:
        store = AssortmentCache(link, winner)
        try:
            yield store
        finally:
            store.close()


def catalogue_of(store: AssortmentCache) -> Catalogue:
    deadline = time.monotonic() + 120
    while True:
        try:
            return store.current().catalogue
        except StorageUnavailableError:
            if time.monotonic() > deadline:
                raise


def on_sale(store: AssortmentCache) -> list[str]:
    catalogue = catalogue_of(store)
    return sorted(compress(catalogue.newest, catalogue.in_stock))


def await_on_sale(store: AssortmentCache, *products: str) -> None:
    wait_until(lambda: on_sale(store) == sorted(products), what=lambda: f"on sale: {on_sale(store)}")


def put(editor: ProductEditor, *products: CatalogueProduct | str) -> None:
    made = [CatalogueProduct(each) if isinstance(each, str) else each for each in products]
    editor.put(made, now=time.time())


def amend(editor: ProductEditor, product: CatalogueProduct, *names: str) -> set[str]:
    return editor.amend([(product, {*names})], now=time.time())


def postgres_has(session: Session, productid: str, **columns: object) -> None:
    names = ", ".join(["productid", *columns])
    marks = ", ".join(["%s"] * (len(columns) + 1))
    session.execute(f"INSERT INTO products ({names}) VALUES ({marks})", (productid, *columns.values()))
    session.execute("INSERT INTO editions (name, edition) VALUES ('catalogue', now())")


def test_what_was_put_is_read_whole(editor: ProductEditor) -> None:
    put(editor, LAMP, "bare")
    found = editor.read(["lamp", "bare", "unknown"])
    assert found["lamp"] == LAMP
    assert found.keys() == {"lamp", "bare"}
    assert found["bare"].title is None
    assert found["bare"].created_at is not None, "the moment at which it was put"


def test_putting_again_replaces_all_but_when_it_was_created(editor: ProductEditor) -> None:
    put(editor, LAMP)
    put(editor, CatalogueProduct("lamp", title="Another lamp"))
    assert editor.read(["lamp"])["lamp"] == CatalogueProduct("lamp", title="Another lamp", created_at=LAMP.created_at)


def test_an_amendment_changes_what_it_names(editor: ProductEditor) -> None:
    put(editor, LAMP)
    assert amend(editor, CatalogueProduct("lamp", price=Decimal(5)), "price", "brand") == set()
    found = editor.read(["lamp"])["lamp"]
    assert (found.price, found.brand, found.title) == (Decimal(5), None, "A lamp")
    assert amend(editor, CatalogueProduct("unknown", price=Decimal(5)), "price") == {"unknown"}
    assert editor.read(["unknown"]) == {}


def test_what_is_removed_is_gone_and_can_be_put_again(editor: ProductEditor) -> None:
    put(editor, LAMP)
    assert editor.remove(["lamp", "unknown"], now=time.time()) == {"unknown"}
    assert editor.read(["lamp"]) == {}
    assert amend(editor, LAMP, "title") == {"lamp"}
    assert editor.remove(["lamp"], now=time.time()) == {"lamp"}
    put(editor, LAMP)
    assert editor.read(["lamp"]) == {"lamp": LAMP}


@pytest.mark.parametrize("winner", ["api", "postgres"])
def test_where_both_say_something_the_winners_word_counts(
    settings: CassandraSettings, session: Session, winner: Winner
) -> None:
    postgres_has(session, "lamp", name="Lamp", categoryid="A", price=Decimal(10), in_stock=True)
    with editing(settings, winner) as editor, shown(settings, winner) as store:
        await_on_sale(store, "lamp")
        assert (
            amend(
                editor,
                CatalogueProduct("lamp", in_stock=False, brand="Lumen", price=Decimal(7)),
                "in_stock",
                "brand",
                "price",
            )
            == set()
        )
        found = editor.read(["lamp"])["lamp"]
        assert (found.title, found.category, found.brand) == ("Lamp", ["A"], "Lumen"), "what one alone says counts"
        is_api = winner == "api"
        assert (found.in_stock, found.price) == ((False, Decimal(7)) if is_api else (True, Decimal(10)))
        wait_until(
            lambda: (
                (on_sale(store), catalogue_of(store).prices.tolist()) == (([], [7]) if is_api else (["lamp"], [10]))
            ),
            what=lambda: str(catalogue_of(store)),
        )
    with shown(settings, winner) as anew:
        await_on_sale(anew, *([] if is_api else ["lamp"]))
        assert catalogue_of(anew).prices.tolist() == ([7] if is_api else [10])


@pytest.mark.parametrize("winner", ["api", "postgres"])
def test_what_api_removes_is_gone_where_api_wins(settings: CassandraSettings, session: Session, winner: Winner) -> None:
    postgres_has(session, "lamp", name="Lamp")
    with editing(settings, winner) as editor, shown(settings, winner) as store:
        put(editor, "shade")
        await_on_sale(store, "lamp", "shade")
        editor.remove(["lamp", "shade"], now=time.time())
        left = [] if winner == "api" else ["lamp"]
        await_on_sale(store, *left)
        assert sorted(editor.read(["lamp", "shade"])) == left
    with shown(settings, winner) as anew:
        await_on_sale(anew, *left)


def test_an_amendment_is_nothing_without_the_product(
    settings: CassandraSettings, session: Session, editor: ProductEditor
) -> None:
    postgres_has(session, "lamp", name="Lamp")
    amend(editor, CatalogueProduct("lamp", brand="Lumen"), "brand")
    session.execute("DELETE FROM products WHERE productid = 'lamp'")
    assert editor.read(["lamp"]) == {}
    with shown(settings) as store:
        await_on_sale(store)


def test_each_change_is_shown(settings: CassandraSettings, editor: ProductEditor) -> None:
    put(editor, "a", "b")
    with shown(settings) as first, shown(settings) as second:
        for store in (first, second):
            await_on_sale(store, "a", "b")
        amend(editor, CatalogueProduct("a", in_stock=False), "in_stock")
        for store in (first, second):
            await_on_sale(store, "b")
        amend(editor, CatalogueProduct("a", in_stock=True), "in_stock")
        put(editor, CatalogueProduct("c", category=["Home", "Lamps"]))
        editor.remove(["b"], now=time.time())
        for store in (first, second):
            await_on_sale(store, "a", "c")
            assert catalogue_of(store).categories == {"a": None, "c": "Home > Lamps"}
            assert catalogue_of(store).newest == ["c", "a"]


def test_a_time_that_comes_or_ends_is_noticed(settings: CassandraSettings, editor: ProductEditor) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    put(editor, CatalogueProduct("comes", available_from=soon), CatalogueProduct("goes", available_to=soon), "stays")
    with shown(settings) as store:
        await_on_sale(store, "comes", "stays")


def test_a_thousand_changes_and_those_behind_them_are_shown(
    settings: CassandraSettings, editor: ProductEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHANGES_PER_UPDATE", 100)
    with shown(settings) as store:
        await_on_sale(store)
        names = [f"product-{number:04}" for number in range(1000)]
        put(editor, *names)
        await_on_sale(store, *names)


def test_a_change_that_becomes_readable_late_is_not_missed(
    settings: CassandraSettings, session: Session, editor: ProductEditor
) -> None:
    """Its moment is before that of others that were seen already."""
    put(editor, "a", "b")
    with shown(settings) as store:
        await_on_sale(store, "a", "b")
        late = session.execute("SELECT now() FROM system.local").one()[0]
        session.execute("INSERT INTO catalogue_products (productid, in_stock) VALUES ('a', false)")
        amend(editor, CatalogueProduct("b", in_stock=False), "in_stock")
        await_on_sale(store, "a")
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        session.execute(
            "INSERT INTO catalogue_changes (hour, changed_at, productid) VALUES (%s, %s, 'a')", (hour, late)
        )
        await_on_sale(store)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_writer_with_another_clock_is_heard(settings: CassandraSettings, editor: ProductEditor, minutes: int) -> None:
    """In the partition of another hour, perhaps."""
    with shown(settings) as store:
        await_on_sale(store)
        editor.put([CatalogueProduct("a")], now=time.time() + minutes * 60)
        await_on_sale(store, "a")


def test_changes_of_hours_are_read_in_their_order(settings: CassandraSettings) -> None:
    with connected_link(settings) as link:
        store = CatalogueChangeStore(link)
        now = time.time()
        for product, hours in (("a", -2), ("b", -1), ("c", 0)):
            store.note([product], now=now + hours * 3600)
        assert [product for _, product in store.between(now - 2 * 3600, now, after=0)] == ["a", "b", "c"]
        assert [product for _, product in store.between(now - 3600, now, after=0)] == ["b", "c"]
        assert list(store.between(now, now, after=now + 60)) == []


def test_writing_while_it_is_read_loses_nothing(settings: CassandraSettings, editor: ProductEditor) -> None:
    """Products come and go while the catalogue is read again and again."""
    names = [f"product-{number}" for number in range(300)]
    put(editor, *names)
    stop = threading.Event()

    def sell() -> None:
        with editing(settings) as other:
            for name in names[::2]:
                amend(other, CatalogueProduct(name, in_stock=False), "in_stock")
        stop.set()

    seller = threading.Thread(target=sell)
    with session_on(settings) as session, shown(settings) as store:
        seller.start()
        while not stop.is_set():
            session.execute("INSERT INTO editions (name, edition) VALUES ('catalogue', now())")
            time.sleep(0.05)
        seller.join()
        await_on_sale(store, *names[1::2])
