"""Claim: an event of a batch of Segment's is taken at least 0.8 x as fast as one of `POST events/`.

Batches of 500 views of different shoppers, as Segment's library for Node sends them and in our own form, in turn, over
a connection that is kept; Kafka acknowledges each batch.
"""

import itertools
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

from benchmarks.measuring import api, verdict

ROUNDS, BATCHES, EVENTS = 7, 12, 500
# What the library puts into each message.
_CONTEXT = {
    "library": {"name": "@segment/analytics-node", "version": "3.1.0"},
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "page": {"path": "/lamps/1", "title": "A lamp", "url": "https://www.shop.example/lamps/1"},
}


def main() -> int:
    numbers = itertools.count()
    ways: dict[str, tuple[str, Callable[[Iterator[int]], Any]]] = {
        "events": ("/api/v1/events/", _ours),
        "batch": ("/v1/batch", _segments),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    # No view is over a cap, which would cost less.
    with (
        api(VITRINE_ADDRESS_VIEWS_PER_HOUR="1000000000", VITRINE_ADDRESS_PRODUCT_VIEWS_PER_HOUR="1000000000") as url,
        httpx.Client(base_url=url, timeout=120) as client,
    ):
        for number in range(ROUNDS + 1):
            for name, (path, made) in ways.items():
                rate = _rate(client, path, [made(numbers) for _ in range(BATCHES)])
                # The first round warms up.
                if number:
                    rates[name].append(rate)
    for name, found in rates.items():
        print(f"  {name:<8} {statistics.median(found):8,.0f} events/s")
    ratio = statistics.median(rates["batch"]) / statistics.median(rates["events"])
    return 0 if verdict("batch / events", ratio, at_least=0.8) else 1


def _rate(client: httpx.Client, path: str, bodies: list[Any]) -> float:
    began = time.perf_counter()
    for body in bodies:
        client.post(path, json=body).raise_for_status()
    return len(bodies) * EVENTS / (time.perf_counter() - began)


def _ours(numbers: Iterator[int]) -> list[dict[str, Any]]:
    return [
        {
            "event": "ProductView",
            "messageid": str(uuid.uuid4()),
            "userid": f"user-{number}",
            "properties": {"productid": f"product-{number % 1000}"},
            "context": {"source": "desktop"},
            "timestamp": _now(),
        }
        for number in itertools.islice(numbers, EVENTS)
    ]


def _segments(numbers: Iterator[int]) -> dict[str, Any]:
    messages = [
        {
            "type": "track",
            "event": "Product Viewed",
            "messageId": f"node-next-{uuid.uuid4()}",
            "userId": f"user-{number}",
            "properties": {
                "product_id": f"product-{number % 1000}",
                "name": "A lamp",
                "price": 19.9,
                "currency": "EUR",
            },
            "context": _CONTEXT,
            "timestamp": _now(),
        }
        for number in itertools.islice(numbers, EVENTS)
    ]
    return {"batch": messages, "sentAt": _now()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    sys.exit(main())
