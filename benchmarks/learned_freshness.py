"""Claim: a view changes what another shopper is recommended within 1 s at p99 (aim 0.3), while 2,000 views/s come in
beside it; a product that was never seen is recommended within 2 s of two shoppers' views (aim 1).

Real Kafka, Cassandra, consumer, learner and API: from producing the view until a GET of the other shopper shows it. Two
products that nobody viewed together yet: one shopper has viewed the first, another one views the second after it.
The catalogue holds all products from the start; the background's are 10,000.
"""

import sys
import tempfile
import time
import uuid
from contextlib import ExitStack

import httpx

from benchmarks.measuring import api, percentile, service, verdict
from benchmarks.shop import write_shop
from benchmarks.views import background, event, publish_views
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import ViewPublisher

SAMPLES = 300
CATEGORIES = 300
PRODUCTS = 10_000
VIEWS_A_SECOND = 2000
# For the consumer and the learner to have what was sent before.
SETTLE_SECONDS = 3
LEARNING_WITHIN_SECONDS = 120
GIVE_UP_SECONDS = 30


def main() -> int:
    # Behind all others: nothing but the model recommends them.
    probes = [f"{kind}-{number}" for kind in ("viewed", "known", "never-seen") for number in range(SAMPLES)]
    write_shop([f"product-{number}" for number in range(PRODUCTS)] + probes, CATEGORIES)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-bench-"))
        stack.enter_context(service("services.view_consumer"))
        stack.enter_context(service("services.view_learner", VITRINE_MODEL_FOLDER=folder))
        url = stack.enter_context(api(VITRINE_MODEL_FOLDER=folder))
        client = stack.enter_context(httpx.Client(base_url=url))
        stack.enter_context(background(VIEWS_A_SECOND))
        _await_learner(client)
        publisher = ViewPublisher(load(KafkaSettings))
        _prepare(publisher)
        known = [_seconds_until_known_together(client, publisher, number) for number in range(SAMPLES)]
        never_seen = [_seconds_until_never_seen(client, publisher, number) for number in range(SAMPLES)]
        publisher.close()
    return _judge(known, never_seen)


def _await_learner(client: httpx.Client) -> None:
    """Returns when the model is as new as the views."""
    deadline = time.monotonic() + LEARNING_WITHIN_SECONDS
    while not _has_new_model(client):
        if time.monotonic() > deadline:
            sys.exit("the learner did not begin to learn")
        time.sleep(0.5)
    time.sleep(SETTLE_SECONDS)


def _has_new_model(client: httpx.Client) -> bool:
    model = client.get("/api/v1/health/").raise_for_status().json()["model"]
    return bool(model != "none" and model["age-seconds"] < 1)


def _prepare(publisher: ViewPublisher) -> None:
    """Whoever will ask has viewed one product; the product that will come is known."""
    for number in range(SAMPLES):
        _view(publisher, (f"asks-{number}", f"viewed-{number}"), (f"warms-{number}", f"known-{number}"))
    time.sleep(SETTLE_SECONDS)


def _seconds_until_known_together(client: httpx.Client, publisher: ViewPublisher, number: int) -> float:
    _view(publisher, (f"first-{number}", f"viewed-{number}"))
    return _seconds_until_shown(client, publisher, number, f"known-{number}", (f"first-{number}",))


def _seconds_until_never_seen(client: httpx.Client, publisher: ViewPublisher, number: int) -> float:
    shoppers = (f"second-{number}", f"third-{number}")
    _view(publisher, *((shopper, f"viewed-{number}") for shopper in shoppers))
    return _seconds_until_shown(client, publisher, number, f"never-seen-{number}", shoppers)


def _seconds_until_shown(
    client: httpx.Client, publisher: ViewPublisher, number: int, product: str, shoppers: tuple[str, ...]
) -> float:
    """From when these shoppers view a product until somebody else is shown it."""
    if product in _recommended(client, number):
        sys.exit(f"{product} is recommended before anybody viewed it with another")
    started = time.perf_counter()
    _view(publisher, *((shopper, product) for shopper in shoppers))
    while product not in _recommended(client, number):
        if time.perf_counter() - started > GIVE_UP_SECONDS:
            sys.exit(f"{product} is not recommended after {GIVE_UP_SECONDS} s")
    return time.perf_counter() - started


def _recommended(client: httpx.Client, number: int) -> list[str]:
    answer = client.get("/api/v1/user_history_recommendations/", headers={"user-id": f"asks-{number}"})
    return list(answer.raise_for_status().json()["products"])


def _view(publisher: ViewPublisher, *views: tuple[str, str]) -> None:
    """Shoppers and what they view; returns when Kafka has it."""
    publish_views(publisher, ((shopper, event(shopper, product, uuid.uuid4())) for shopper, product in views))


def _judge(known: list[float], never_seen: list[float]) -> int:
    for name, seconds in (("known", known), ("never seen", never_seen)):
        p50, p99, most = percentile(seconds, 50), percentile(seconds, 99), max(seconds)
        print(f"  {name:<10} p50 {p50:.3f}  p99 {p99:.3f}  longest {most:.3f} s")
    kept = [
        verdict("another shopper's answer changes, p99 in s", percentile(known, 99), at_most=1.0),
        verdict("a product never seen is recommended, p99 in s", percentile(never_seen, 99), at_most=2.0),
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
