"""Orders of somebody who was erased: the shop keeps its own, and Cassandra has the later ones only."""

import time
from datetime import UTC, datetime

from tests.integration.pipelines.shop import Shop, run
from tests.integration.storage.keyspaces import connected_link
from vitrine.erasing import online
from vitrine.erasing.online import Cassandra
from vitrine.settings import CassandraSettings, load
from vitrine.streaming import Erasure

PERSON, OTHER = "user-1", "user-2"


def erase(moment: float) -> None:
    """What the API does in Cassandra."""
    with connected_link(load(CassandraSettings)) as link:
        erasure = Erasure.of(PERSON, now=moment)
        assert online.erase(Cassandra.on(link), erasure, PERSON, now=time.time())["orders"].how_many == 2


def orders(shop: Shop) -> set[tuple[str, str]]:
    return {(user, order) for user, _, order, *_ in shop.in_cassandra()}


def test_only_what_is_ordered_after_it_is_carried_over(shop: Shop) -> None:
    shop.add_products(3)
    for number, who in enumerate((PERSON, PERSON, OTHER)):
        shop.order(f"order-{number}", who, f"2026-10-0{number + 1}T10:00:00Z", product_1=1)
    run()
    moment = time.time()
    erase(moment)
    assert orders(shop) == {(OTHER, "order-2")}
    run(set_watermark_back_to="2020-01-01T00:00:00Z")
    assert orders(shop) == {(OTHER, "order-2")}, "what the shop still has came back"
    later = datetime.fromtimestamp(moment + 1, UTC).isoformat()
    shop.order("order-3", PERSON, later, product_2=1)
    shop.execute("UPDATE order_items SET quantity = 9 WHERE order_id = 'order-0'")
    summary = run()
    assert (summary["rows_read"], summary["rows_stored"]) == (1, 1)
    assert orders(shop) == {(OTHER, "order-2"), (PERSON, "order-3")}
    run(backfill_from="2026-01-01T00:00:00Z", backfill_to="2199-01-01T00:00:00Z")
    assert orders(shop) == {(OTHER, "order-2"), (PERSON, "order-3")}


def test_a_run_that_began_before_it_writes_nothing_that_stays(shop: Shop) -> None:
    """Its lines have a write time that was recorded before the erasure was."""
    shop.add_products(3)
    for number in range(2):
        shop.order(f"order-{number}", PERSON, f"2026-10-0{number + 1}T10:00:00Z", product_1=1)
    run()
    with connected_link(load(CassandraSettings)) as link:
        tables = Cassandra.on(link)
        # Postgres' clock is ahead of ours.
        written_at = int((time.time() + 30) * 1_000_000)
        tables.lines._write_times.record(written_at)
        erase(time.time())
        query = (
            f"INSERT INTO {link.keyspace}.order_views (userid, messagetime, orderid, productid) VALUES (%s, %s, %s, %s)"
        )
        values = (PERSON, datetime(2026, 10, 1, 10, tzinfo=UTC), "order-0", "product-1")
        link.session.execute(f"{query} USING TIMESTAMP {written_at}", values)
    assert orders(shop) == set()
