"""Freshness: the time from producing an event until a GET shows it, at idle and under 2,000 events/s.

Beside it the same loop reads Cassandra directly, which leaves out the API: the ratio is what HTTP and Django add.
Aims: p50 15 ms and p99 50 ms at idle, p99 150 ms under load.
"""

import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack

import httpx

from benchmarks.measuring import api, percentile, service, verdict, view_store
from benchmarks.views import background, event, publish_views
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import ViewPublisher

SAMPLES = 300
PAUSE_SECONDS = 0.02
BACKGROUND_EVENTS_PER_SECOND = 2000
# The API's part of the freshness, over reading Cassandra directly.
HIGHEST_RATIO = 3.0

# Whether a user's newest product is this one.
Shows = Callable[[str, str], bool]


def main() -> int:
    with ExitStack() as stack:
        url = stack.enter_context(api())
        store = stack.enter_context(view_store())
        stack.enter_context(service("services.view_consumer"))
        client = stack.enter_context(httpx.Client(base_url=url))
        readers: dict[str, Shows] = {
            "GET": lambda user, product: _get(client, user) == [product],
            "Cassandra": lambda user, product: store.latest_products(user, limit=1, now=time.time()) == [product],
        }
        publisher = ViewPublisher(load(KafkaSettings))
        _measure(publisher, readers, samples=100)
        print("  at idle")
        idle = _measure(publisher, readers, samples=SAMPLES)
        kept = [_report(idle)]
        stack.enter_context(background(BACKGROUND_EVENTS_PER_SECOND))
        time.sleep(5)
        print(f"  under {BACKGROUND_EVENTS_PER_SECOND:,} events/s")
        kept.append(_report(_measure(publisher, readers, samples=SAMPLES)))
        publisher.close()
    return 0 if all(kept) else 1


def _measure(publisher: ViewPublisher, readers: dict[str, Shows], *, samples: int) -> dict[str, list[float]]:
    """Milliseconds from produce to shown, the readers in turn."""
    seen: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(samples):
        for name, shows in readers.items():
            user, product = f"fresh-{number % 50}-{name}", f"product-{uuid.uuid4()}"
            view = event(user, product, uuid.uuid4())
            started = time.perf_counter()
            publish_views(publisher, [(user, view)])
            while not shows(user, product):
                if time.perf_counter() - started > 30:
                    sys.exit("a view did not show within 30 s")
            seen[name].append((time.perf_counter() - started) * 1000)
            time.sleep(PAUSE_SECONDS)
    return seen


def _report(seen: dict[str, list[float]]) -> bool:
    for name, times in seen.items():
        print(f"    {name:<10} p50 {percentile(times, 50):6.1f}  p99 {percentile(times, 99):6.1f} ms")
    return verdict(
        "p50, GET / Cassandra", percentile(seen["GET"], 50) / percentile(seen["Cassandra"], 50), at_most=HIGHEST_RATIO
    )


def _get(client: httpx.Client, user: str) -> list[str]:
    answer = client.get("/api/v1/user_nav_history_latest_products/?limit=1", headers={"user-id": user})
    return list(answer.raise_for_status().json()["products"])


if __name__ == "__main__":
    sys.exit(main())
