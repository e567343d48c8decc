"""Claim: metrics cost at most 3 % of the throughput of the API's reads and recommendations, and of the view consumer.

The API is bound by its processors, so that its throughput is the processor time of a request: the application as the
server loads it, called in one process, over a real Cassandra, with and without the middleware and the counters in turn,
a few requests each time.
Over HTTP, with other work on the machine, two runs of one and the same server differ by more than what is looked for.
"""

import io
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import unmeasured
from benchmarks.measuring import rows_of, verdict, view_store
from benchmarks.shop import write_shop
from benchmarks.taught import teach
from benchmarks.views import events, produce
from vitrine.metrics import sharing
from vitrine.settings import CassandraSettings, KafkaSettings, load
from vitrine.streaming import ensure_topics

HIGHEST = 1.03
PAIRS = 150
REQUESTS = 20
CONSUMER_PAIRS = 3
# Prometheus asks so often (docker/observability/prometheus.yml).
ASKED_EVERY_SECONDS = 5
PRODUCTS = 10_000
USER = "user-78"
PATHS = ("user_nav_history_latest_products", "user_history_recommendations")

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def main() -> int:
    kept = [*_of_the_api(), _of_the_consumer()]
    return 0 if all(kept) else 1


def _of_the_api() -> list[bool]:
    products = [f"product-{number}" for number in range(PRODUCTS)]
    write_shop(products, 100)
    with view_store() as store:
        store.write(rows_of(store, USER, products[:40], now=time.time()))
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        teach(Path(folder), PRODUCTS, now=time.time())
        environment = {"DJANGO_SETTINGS_MODULE": "benchmarks.api_settings", "VITRINE_MODEL_FOLDER": folder}
        command = [sys.executable, "-m", "benchmarks.metrics_cost", "api"]
        output = subprocess.run(
            command, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    kept = []
    for line in output.splitlines():
        name, *figures = line.split()
        ratio, with_ms, without_ms = map(float, figures)
        print(f"  {name}: {with_ms:.3f} ms of processor time with metrics, {without_ms:.3f} without")
        kept.append(verdict("with / without", ratio, at_most=HIGHEST))
    return kept


def _in_process(folder: Path) -> None:
    """Counts in a folder, as a worker does. Prints path, ratio, and both times in milliseconds."""
    import django

    django.setup()
    sharing.join(folder)
    from django.conf import settings

    from api import actions
    from api.wsgi import application as with_metrics
    from vitrine.metrics import api as metrics

    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "measuring" not in each]
    from django.core.handlers.wsgi import WSGIHandler

    without, shown_of = WSGIHandler(), actions._shown_of
    nothing = unmeasured.Silent()

    def silent(*_: str) -> unmeasured.Silent:
        return nothing

    time.sleep(5)
    for path in PATHS:
        seen: dict[bool, list[float]] = {True: [], False: []}
        for number in range(PAIRS + 10):
            # Each is as often the first.
            for is_measured in (True, False) if number % 2 else (False, True):
                actions._shown_of = shown_of if is_measured else silent  # type: ignore[assignment]
                seen[is_measured].append(_seconds_each(with_metrics if is_measured else without, path))
        began = time.process_time()
        metrics.exposition.text()
        asked = 1 + (time.process_time() - began) / ASKED_EVERY_SECONDS
        # What else the machine does only adds: the better quarter is nearest to the cost.
        with_ms, without_ms = (quantiles(seen[each][10:], n=4)[0] * 1000 for each in (True, False))
        print(path, with_ms / without_ms * asked, with_ms, without_ms)


def _seconds_each(application: Application, path: str) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        request = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": f"/api/v1/{path}/",
            "HTTP_HOST": "localhost",
            # The development settings answer this machine without a key.
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_USER_ID": USER,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
        }
        answer = application(request, lambda status, _: _check(status))
        b"".join(answer)
        answer.close()
    return (time.process_time() - began) / REQUESTS


def _check(status: str) -> None:
    if not status.startswith("200"):
        sys.exit(f"answered {status}")


def _of_the_consumer() -> bool:
    from benchmarks.kafka_to_cassandra import EVENTS

    ensure_topics(load(KafkaSettings))
    produce(events(EVENTS))
    _consumed("with")
    pairs = [(_consumed("with"), _consumed("without")) for _ in range(CONSUMER_PAIRS)]
    with_us, without_us = (median(seconds) / EVENTS * 1_000_000 for seconds in zip(*pairs, strict=True))
    print(f"  view consumer: {with_us:.2f} µs of processor time an event with metrics, {without_us:.2f} without")
    return verdict("with / without", median(a / b for a, b in pairs), at_most=HIGHEST)


def _consumed(name: str) -> float:
    """Processor time of a consumer in a process and a group of its own, in seconds."""
    environment = {**os.environ, "VITRINE_VIEW_CONSUMER_GROUP": f"{name}-{uuid.uuid4()}"}
    command = [sys.executable, "-m", "benchmarks.metrics_cost", name]
    return float(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _consume(name: str) -> float:
    if name == "without":
        unmeasured.silence()
    # Not earlier: it declares the consumer's metrics.
    from benchmarks.kafka_to_cassandra import CONTENDERS

    began = time.process_time()
    CONTENDERS["vitrine"](load(KafkaSettings), load(CassandraSettings))
    return time.process_time() - began


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    if sys.argv[1] == "api":
        with tempfile.TemporaryDirectory(dir=sharing.in_memory()) as memory:
            _in_process(Path(memory))
    else:
        print(_consume(sys.argv[1]))
