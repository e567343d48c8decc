"""Carts and orders as the shop's pages tell them: they teach more than views, and an order once."""

from contextlib import closing

import numpy as np
import pytest

from tests.integration.view_consumer.flow import event
from tests.integration.view_learner.learning import START, Learning, book, sums
from tests.integration.view_learner.test_learning import STARTED_WITHIN
from tests.unit.vitrine.test_shop_events import shop_event
from tests.waiting import wait_until
from vitrine.learning import Stream
from vitrine.pipelines import rebuild_model
from vitrine.purchases import encode, line
from vitrine.streaming import PurchasePublisher
from vitrine.streaming.messages import UNCOUNTED

PERSON = "user-1"
STAMP = f"{np.datetime64(round(START * 1000), 'ms')}Z"
WEIGHTS = {"VITRINE_PURCHASE_WEIGHT": "5", "VITRINE_CART_WEIGHT": "2"}


def told(kind: str, number: int, properties: dict[str, object]) -> tuple[str, bytes]:
    return PERSON, shop_event(kind, userid=PERSON, messageid=f"m-{number}", properties=properties, timestamp=STAMP)


def popularities(learning: Learning, name: str) -> dict[str, float]:
    return {names[0]: value for names, value in sums(learning.folder / name).items() if len(names) == 1}


def test_carts_and_orders_count_more_than_views_and_an_order_once(
    learning: Learning, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WEIGHTS.items():
        monkeypatch.setenv(name, value)
    flow, shop_events = learning.flow, learning.flow.of_shop_events()
    learning.begin()
    with flow.consuming(), learning.learner() as process:
        flow.produce([(PERSON, event(PERSON, 1, "viewed", timestamp=STAMP))])
        shop_events.produce([told("ProductAdded", 5, {"productid": "made-up"})], [(UNCOUNTED, b"person")])
        shop_events.produce(
            [
                told("ProductAdded", 1, {"productid": "put-in"}),
                told("OrderCompleted", 2, {"orderid": "o-1", "products": [{"productid": "a"}, {"productid": "b"}]}),
                told("ProductRemoved", 3, {"productid": "taken-out"}),
                told("Searched", 4, {"query": "something"}),
                (PERSON, b"no event"),
            ]
        )
        # A line of the same order, out of the shop's database.
        bought = line(orderid="o-1", productid="a", quantity=1, milliseconds=round(START * 1000))
        with closing(PurchasePublisher(flow.kafka)) as publisher:
            publisher.publish([(PERSON, encode(PERSON, [bought]))])
        process.await_log("learning from", seconds=STARTED_WITHIN)
        learning.await_learned(4)
        wait_until(lambda: sum(learning.offsets(Stream.PURCHASES).values()) == 1, what="the line is not read")
        flow.await_done()
        shop_events.await_done()
        process.terminate()
    wanted = pytest.approx({"viewed": 1.0, "put-in": 2.0, "a": 5.0, "b": 5.0})
    assert popularities(learning, "model") == wanted
    assert int(book(learning.folder / "model").state[0]["repeated"]) == 1
    with learning.pipelines():
        summary = rebuild_model.rebuild()
    assert summary is not None
    assert (summary["views"], summary["purchases"], summary["carts"]) == (1, 2, 1)
    assert popularities(learning, rebuild_model.REBUILT) == wanted
