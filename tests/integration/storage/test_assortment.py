"""The catalogue and the best sellers, held in memory."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle

import pytest
from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import keyspace_of, linked, session_on
from tests.integration.storage.servers import frozen, stopped
from tests.waiting import soon, wait_until
from vitrine.errors import StorageUnavailableError
from vitrine.recommending import Assortment, BestSellerLists
from vitrine.settings import CassandraSettings
from vitrine.storage import Link, edition_cache
from vitrine.storage.assortment import AssortmentCache
from vitrine.storage.tables import best_sellers
from vitrine.storage.tables import products as product_table
from vitrine.storage.tables.best_sellers import BestSellerStore

GENERATIONS = 3
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings(stack: LocalStack) -> Iterator[CassandraSettings]:
    """An empty keyspace for each test."""
    with keyspace_of(stack) as made:
        yield made


@pytest.fixture
def session(settings: CassandraSettings) -> Iterator[Session]:
    with session_on(settings) as made:
        yield made


@contextmanager
def opened(settings: CassandraSettings) -> Iterator[AssortmentCache]:
    with linked(settings) as link:
        store = AssortmentCache(link)
        try:
            yield store
        finally:
            store.close()


@pytest.fixture
def store(settings: CassandraSettings) -> Iterator[AssortmentCache]:
    with opened(settings) as made:
        await_assortment(made, lambda _: True)
        yield made


def current(store: AssortmentCache) -> Assortment | None:
    try:
        return store.current()
    except StorageUnavailableError:
        return None


def await_assortment(store: AssortmentCache, condition: Callable[[Assortment], bool], *, seconds: float = 120) -> None:
    def is_met() -> bool:
        found = current(store)
        return found is not None and condition(found)

    wait_until(is_met, seconds=seconds, what=lambda: f"not as expected: {current(store)}")


def write_products(session: Session, products: Mapping[str, str]) -> None:
    """Product -> category; each created a day after the one before."""
    insert = session.prepare("INSERT INTO products (productid, categoryid, created_at) VALUES (?, ?, ?)")
    rows = [(*item, FIRST_DAY + timedelta(days=day)) for day, item in enumerate(products.items())]
    execute_concurrent_with_args(session, insert, rows)
    session.execute("INSERT INTO editions (name, edition) VALUES ('catalogue', now())")


def write_lists(
    session: Session,
    overall: Sequence[str],
    of_categories: Mapping[str, Sequence[str]],
    *,
    previous: uuid.UUID | None = None,
) -> uuid.UUID:
    edition = uuid.uuid1()
    insert = session.prepare("INSERT INTO best_sellers (edition, scope, categoryid, products) VALUES (?, ?, ?, ?)")
    rows = [(edition, "category", category, products) for category, products in of_categories.items()]
    execute_concurrent_with_args(session, insert, [(edition, "overall", "", overall), *rows])
    name = "INSERT INTO editions (name, edition, previous, period) VALUES ('best_sellers', %s, %s, '2026-10')"
    session.execute(name, (edition, previous))
    return edition


def test_before_anything_was_stored_it_is_empty(store: AssortmentCache) -> None:
    found = store.current()
    assert (found.catalogue.newest, found.catalogue.categories) == ([], {})
    assert found.best_sellers == BestSellerLists("", [])


def test_products_and_lists_are_read(session: Session, store: AssortmentCache) -> None:
    write_products(session, {"a1": "A", "a2": "A", "b1": "B"})
    write_lists(session, ["b1", "a2", "gone"], {"A": ["a2", "a1"], "B": ["b1"]})
    await_assortment(store, lambda found: bool(found.catalogue.newest and found.best_sellers.overall))
    found = store.current()
    assert found.catalogue.categories == {"a1": "A", "a2": "A", "b1": "B"}
    assert found.catalogue.newest == ["b1", "a2", "a1"]
    assert found.catalogue.in_stock.all(), "as nothing else is said"
    assert found.best_sellers.period == "2026-10"
    assert found.best_sellers.overall == ["b1", "a2", "gone"]
    assert found.best_sellers.of_categories == {"A": ["a2", "a1"], "B": ["b1"]}


def test_a_product_without_category_or_moment_is_in_the_catalogue(session: Session, store: AssortmentCache) -> None:
    session.execute("INSERT INTO products (productid, name) VALUES ('bare', 'A name')")
    write_products(session, {"a1": "A"})
    await_assortment(store, lambda found: found.catalogue.newest == ["a1", "bare"])
    assert store.current().catalogue.categories == {"a1": "A", "bare": None}


def test_price_and_stock_are_read(session: Session, store: AssortmentCache) -> None:
    session.execute("INSERT INTO products (productid, price, in_stock) VALUES ('sold-out', 19.99, false)")
    write_products(session, {"a1": "A"})
    await_assortment(store, lambda found: found.catalogue.newest == ["a1", "sold-out"])
    catalogue = store.current().catalogue
    assert (catalogue.prices[1], catalogue.in_stock.tolist()) == (19.99, [True, False])


def test_lists_that_are_empty_or_missing_are_no_error(session: Session, store: AssortmentCache) -> None:
    write_products(session, {"a1": "A"})
    write_lists(session, [], {"A": []})
    await_assortment(store, lambda found: found.best_sellers.period == "2026-10")
    session.execute("INSERT INTO editions (name, edition, period) VALUES ('best_sellers', now(), '2026-11')")
    await_assortment(store, lambda found: found.best_sellers.period == "2026-11")
    assert not store.current().best_sellers.overall
    assert store.current().catalogue.newest == ["a1"]


def test_a_catalogue_of_many_pages_is_read_whole(session: Session, store: AssortmentCache) -> None:
    products = {
        f"product-{number}": f"category-{number % 31}" for number in range(2 * product_table.CATALOGUE_PAGE_ROWS + 1)
    }
    write_products(session, products)
    await_assortment(store, lambda found: len(found.catalogue.categories) == len(products))
    assert store.current().catalogue.categories == products
    assert store.current().catalogue.newest[:2] == list(reversed(products))[:2]


def test_a_new_edition_is_held_within_five_seconds(session: Session, store: AssortmentCache) -> None:
    write_products(session, {"a1": "A", "a2": "A"})
    products = cycle(["a1", "a2"])

    def sell_another() -> None:
        product = next(products)
        write_lists(session, [product], {})
        await_assortment(store, lambda found: found.best_sellers.overall == [product])

    soon(sell_another, within=edition_cache.SHOWN_SECONDS)
    session.execute("DELETE FROM products WHERE productid = 'a2'")
    session.execute("INSERT INTO editions (name, edition) VALUES ('catalogue', now())")
    await_assortment(store, lambda found: found.catalogue.newest == ["a1"])


def test_what_is_too_old_is_read_anew_before_it_is_shown(
    session: Session, settings: CassandraSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading takes many pages, and the thread that reads sleeps until it is asked."""
    monkeypatch.setattr(edition_cache, "CHECK_SECONDS", 3600.0)
    monkeypatch.setattr(edition_cache, "SHOWN_SECONDS", 0.4)
    monkeypatch.setattr(product_table, "CATALOGUE_PAGE_ROWS", 1)
    write_products(session, {f"product-{number}": "A" for number in range(60)})
    with opened(settings) as store:
        await_assortment(store, lambda _: True)
        for number in range(5):
            write_products(session, {f"new-{number}": "A"})
            time.sleep(0.5)
            with ThreadPoolExecutor(10) as pool:
                for found in pool.map(partial(_after, store), range(10)):
                    assert found is None or f"new-{number}" in found.catalogue.categories


def _after(store: AssortmentCache, hundredths: int) -> Assortment | None:
    time.sleep(hundredths / 100)
    return current(store)


def test_no_reader_sees_half_an_edition(
    session: Session, settings: CassandraSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edition has one generation of products in each of its lists, which take several pages."""
    monkeypatch.setattr(edition_cache, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(best_sellers, "LIST_PAGE_ROWS", 5)
    categories = [f"category-{number}" for number in range(20)]
    write_products(
        session, {f"{category}-{generation}": category for category in categories for generation in range(GENERATIONS)}
    )
    replacing = threading.Event()
    thread = threading.Thread(target=_replace, args=(session, categories, replacing.is_set))
    with opened(settings) as store:
        thread.start()
        await_assortment(store, lambda found: bool(found.best_sellers.overall))
        seen: set[str] = set()
        started = time.monotonic()
        try:
            # Five seconds, or as much longer as a busy machine takes until each generation has been seen.
            while (elapsed := time.monotonic() - started) < 5 or (len(seen) < GENERATIONS and elapsed < 60):
                seen.add(_the_generation(store.current(), len(categories)))
                time.sleep(0.001)
        finally:
            replacing.set()
            thread.join()
    assert len(seen) == GENERATIONS, seen


def _replace(session: Session, categories: Sequence[str], is_over: Callable[[], bool]) -> None:
    """Replaces the edition again and again and removes the one before the last."""
    editions: list[uuid.UUID | None] = [None]
    while not is_over():
        generation = len(editions) % GENERATIONS
        lists = {category: [f"{category}-{generation}"] for category in categories}
        overall = [f"{category}-{generation}" for category in categories]
        editions.append(write_lists(session, overall, lists, previous=editions[-1]))
        if len(editions) > 3:
            session.execute("DELETE FROM best_sellers WHERE edition = %s", (editions[-3],))
        # No reader could keep up with replacements that follow without any pause.
        time.sleep(0.1)


def _the_generation(found: Assortment, lists: int) -> str:
    of_categories = found.best_sellers.of_categories
    assert len(of_categories) == len(found.best_sellers.overall) == lists
    (generation,) = {
        product.rpartition("-")[2]
        for products in (found.best_sellers.overall, *of_categories.values())
        for product in products
    }
    return generation


@pytest.mark.parametrize("outage", [stopped, frozen])
def test_what_may_be_out_of_date_is_not_shown(
    stack: LocalStack,
    session: Session,
    store: AssortmentCache,
    outage: Callable[[LocalStack, str], AbstractContextManager[None]],
) -> None:
    write_products(session, {"a1": "A"})
    await_assortment(store, lambda found: found.catalogue.newest == ["a1"])
    with outage(stack, "cassandra"):
        wait_until(
            lambda: current(store) is None, seconds=edition_cache.SHOWN_SECONDS + 10, what="the lists are shown still"
        )
        began = time.monotonic()
        with pytest.raises(StorageUnavailableError, match="Cassandra"):
            store.current()
        assert time.monotonic() - began < 1
    await_assortment(store, lambda found: found.catalogue.newest == ["a1"])


def test_a_store_that_is_opened_before_cassandra_connects_by_itself(
    stack: LocalStack, settings: CassandraSettings, session: Session
) -> None:
    write_products(session, {"a1": "A"})
    stack.stop("cassandra")
    try:
        with opened(settings) as store:
            with pytest.raises(StorageUnavailableError):
                store.current()
            stack.start("cassandra")
            await_assortment(store, lambda found: found.catalogue.newest == ["a1"])
    finally:
        stack.start("cassandra")


def test_a_catalogue_that_cannot_be_read_is_not_shown_for_ever(
    session: Session, store: AssortmentCache, caplog: pytest.LogCaptureFixture
) -> None:
    """The edition says that there is a newer one, again and again, and the products cannot be read."""
    write_products(session, {"a1": "A"})
    await_assortment(store, lambda found: found.catalogue.newest == ["a1"])
    session.execute("DROP TABLE products", timeout=120)
    session.execute("INSERT INTO editions (name, edition) VALUES ('catalogue', now())")
    wait_until(
        lambda: current(store) is None,
        seconds=edition_cache.SHOWN_SECONDS + 10,
        what="the old catalogue is shown still",
    )
    time.sleep(1)
    said = [record.getMessage() for record in caplog.records if "catalogue" in record.getMessage()]
    assert len(said) == 1, said
    assert said[0].startswith("cannot read the catalogue: ")


def test_an_edition_whose_writer_died_is_removed_by_a_later_one(session: Session, settings: CassandraSettings) -> None:
    """One that is being written at the same time stays, and so does the edition before, which may still be read."""
    hours_ago = (uuid.uuid1().time - 3 * 3600 * 10_000_000) & ((1 << 60) - 1)
    dead = uuid.UUID(
        fields=(hours_ago & 0xFFFFFFFF, (hours_ago >> 32) & 0xFFFF, 0x1000 | (hours_ago >> 48), 0x80, 1, uuid.getnode())
    )
    insert = "INSERT INTO best_sellers (edition, scope, categoryid, products) VALUES (%s, 'category', 'A', ['a1'])"
    being_written = uuid.uuid1()
    for edition in (dead, being_written):
        session.execute(insert, (edition,))
    with Link.connected(settings) as link:
        writer = BestSellerStore(link)
        kept = []
        for product in ("a1", "a2", "a3"):
            writer.replace("2026-10", [product], {"A": [product]})
            kept.append(session.execute("SELECT edition FROM editions WHERE name = 'best_sellers'").one()[0])
    stored = {edition for (edition,) in session.execute("SELECT DISTINCT edition FROM best_sellers")}
    assert stored == {being_written, *kept[-2:]}
