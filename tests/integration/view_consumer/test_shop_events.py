"""Carts, orders, searches and the like: stored by their person, and what they make of a cart."""

import json
import random
import time
from datetime import UTC, datetime
from typing import Any

from tests.integration.storage.keyspaces import connected_link, session_on
from tests.integration.view_consumer.flow import Flow, event, many
from tests.integration.view_consumer.test_erasing import erase
from tests.integration.view_consumer.test_settling_dead_letters import said
from tests.unit.vitrine.test_shop_events import PROPERTIES, shop_event
from vitrine.storage.tables.carts import CartStore
from vitrine.streaming.messages import UNCOUNTED

PERSON, OTHER = "user-1", "user-2"


def at(seconds_ago: float) -> str:
    return datetime.fromtimestamp(time.time() - seconds_ago, UTC).isoformat(timespec="milliseconds")


def change(kind: str, number: int, *products: str, person: str = PERSON, ago: float) -> tuple[str, bytes]:
    """A change of a cart so many seconds ago."""
    properties: dict[str, Any] = {"productid": products[0]}
    if kind == "OrderCompleted":
        properties = {"orderid": f"order-{number}", "products": [{"productid": product} for product in products]}
    text = shop_event(kind, userid=person, messageid=f"m-{number}", properties=properties, timestamp=at(ago))
    return person, text


def cart(flow: Flow, person: str = PERSON) -> set[str]:
    with connected_link(flow.cassandra) as link:
        return {product for product, _ in CartStore(link).kept(person)}


def stored(flow: Flow) -> list[tuple[Any, ...]]:
    with session_on(flow.cassandra) as session:
        return sorted(
            session.execute("SELECT userid, messageid, event, source, properties, uncounted FROM shop_events")
        )


def consume(flow: Flow, events: list[tuple[str, bytes]]) -> None:
    shop_events = flow.of_shop_events()
    shop_events.produce(events)
    with flow.consuming() as process:
        shop_events.await_done()
        process.terminate()


def test_each_kind_is_stored_by_its_person(flow: Flow) -> None:
    shop_events = flow.of_shop_events()
    texts = [(PERSON, shop_event(kind, messageid=f"m-{kind}")) for kind in sorted(PROPERTIES)]
    shop_events.produce(texts[:1], [(UNCOUNTED, b"person")])
    shop_events.produce(texts[1:])
    views = many(100)
    flow.produce((identity[0], value) for identity, value in views)
    with flow.consuming() as process:
        flow.await_done()
        shop_events.await_done()
        process.terminate()
        assert "views: written: " in process.log
        assert "shop events: written: " in process.log
    found = stored(flow)
    assert [row[:4] for row in found] == [(PERSON, f"m-{kind}", kind, "mobile") for kind in sorted(PROPERTIES)]
    assert [row[5] for row in found] == [True, False, False, False, False, False]
    for _, _, kind, _, properties, _ in found:
        wanted = PROPERTIES[kind]
        assert wanted.items() <= json.loads(properties).items() or kind == "OrderCompleted"
    assert flow.rows() == sorted(identity for identity, _ in views)
    assert flow.dead_letters() == []


def test_a_cart_is_what_was_put_in_and_neither_taken_out_nor_ordered(flow: Flow) -> None:
    events = [
        change("ProductAdded", 1, "kept", ago=90),
        change("ProductAdded", 2, "taken-out", ago=80),
        change("ProductAdded", 3, "ordered", ago=80),
        change("ProductAdded", 4, "put-in-again", ago=80),
        change("ProductRemoved", 5, "taken-out", ago=70),
        change("ProductRemoved", 6, "put-in-again", ago=70),
        change("OrderCompleted", 7, "ordered", "never-put-in", ago=60),
        change("ProductAdded", 8, "put-in-again", ago=50),
        change("ProductAdded", 9, "left-behind", ago=8 * 86400),
        change("ProductAdded", 10, "another-s", person=OTHER, ago=10),
    ]
    # By a clock that is fast; the order, by one that is right, comes later all the same.
    fast = change("ProductAdded", 11, "by-a-fast-clock", ago=-200)
    events.append(fast)
    wanted = {"kept", "put-in-again", "by-a-fast-clock"}
    consume(flow, events)
    assert cart(flow) == wanted
    assert cart(flow, OTHER) == {"another-s"}
    bought = change("OrderCompleted", 12, "by-a-fast-clock", ago=0)
    consume(flow, [bought])
    assert cart(flow) == {"kept", "put-in-again"}
    # In whatever order, and however often they come.
    with session_on(flow.cassandra) as session:
        session.execute("TRUNCATE carts", timeout=120)
    shuffled = events * 2
    random.Random(1).shuffle(shuffled)
    consume(flow, shuffled)
    # Their records are younger than the order's now.
    assert cart(flow) == wanted
    assert len(stored(flow)) == len(events) + 1


def test_what_is_none_is_a_dead_letter_and_is_replayed_to_where_it_came_from(flow: Flow) -> None:
    shop_events = flow.of_shop_events()
    bad = [b"no event", event(PERSON, 1), shop_event("ProductAdded", properties={})]
    consume(flow, [(PERSON, text) for text in [shop_event("Searched"), *bad]])
    letters = flow.dead_letters()
    assert sorted(letter.value() or b"" for letter in letters) == sorted(bad)
    reasons = [dict(letter.headers() or [])["dead-letter-reason"].decode() for letter in letters]  # type: ignore[union-attr]
    assert sorted(reasons) == [
        "Invalid value 'ProductView' - at `$.event`",
        "JSON is malformed: invalid character (byte 4)",
        "Object missing required field `productid` - at `$.properties`",
    ]
    before = sum(shop_events.ends().values())
    said(flow, "replay", "--reason", "productid")
    # The event, and the end of the transaction.
    assert sum(shop_events.ends().values()) == before + 2
    assert flow.ends() == {0: 0, 1: 0}


def test_cassandra_away_holds_both_topics(flow: Flow) -> None:
    shop_events = flow.of_shop_events()
    with flow.consuming() as process:
        shop_events.await_members(1)
        flow.stack.stop("cassandra")
        try:
            shop_events.produce([change("ProductAdded", number, f"product-{number}", ago=60) for number in range(50)])
            flow.produce([(PERSON, event(PERSON, 1))])
            process.await_log("Cassandra is away")
            assert shop_events.committed() == {}
        finally:
            flow.stack.start("cassandra")
        shop_events.await_done()
        flow.await_done()
        process.terminate()
    assert cart(flow) == {f"product-{number}" for number in range(50)}
    assert len(flow.rows()) == 1


def test_of_somebody_erased_nothing_comes_back(flow: Flow) -> None:
    before = [
        change("ProductAdded", 1, "product-1", ago=60),
        change("ProductAdded", 2, "product-2", person=OTHER, ago=60),
    ]
    consume(flow, before)
    assert (cart(flow), cart(flow, OTHER)) == ({"product-1"}, {"product-2"})
    erase(flow)
    assert (cart(flow), [row[0] for row in stored(flow)]) == (set(), [OTHER])
    consume(flow, [*before, change("ProductAdded", 3, "product-3", ago=0)])
    assert (cart(flow), [row[1] for row in stored(flow)]) == ({"product-3"}, ["m-3", "m-2"])
