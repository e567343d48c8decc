"""Claim: recommendations out of a model of 37,000 products are answered at 0.12 x the requests/s of a DRF view that
returns a constant on the same server (two workers, 16 keep-alive connections), or more, at a p99 of at most 6 x its
p99.

Each round is of another user, with 40 to 100 views; the two views are loaded in turn, after a warm-up that
Cassandra's just-in-time compiler needs.
"""

import sys
import tempfile
import time
from pathlib import Path
from random import Random
from statistics import median

import httpx

from benchmarks.measuring import Load, api, rows_of, verdict, view_store, wrk
from benchmarks.shop import write_shop
from benchmarks.taught import teach

SECONDS = 6
VIEWS_OF_USERS = {"user-1": 40, "user-2": 55, "user-3": 70, "user-4": 85, "user-5": 100}
PRODUCTS = 37_000
CATEGORIES = 300
# A newly stored catalogue is seen within this time.
SEEN_SECONDS = 5


def main() -> int:
    write_shop([f"product-{number}" for number in range(PRODUCTS)], CATEGORIES)
    _write_views()
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        teach(Path(folder), PRODUCTS, now=time.time())
        rounds = _load(folder)
    return _judge(rounds)


def _load(model_folder: str) -> dict[str, list[Load]]:
    rounds: dict[str, list[Load]] = {"constant view": [], "recommendations": []}
    with api(VITRINE_MODEL_FOLDER=model_folder) as url:
        time.sleep(SEEN_SECONDS)
        constant, ours = f"{url}/benchmarks/constant/", f"{url}/api/v1/user_history_recommendations/"
        for user in VIEWS_OF_USERS:
            _check(ours, user)
        wrk(constant, seconds=10)
        wrk(ours, seconds=10, headers={"user-id": "user-1"})
        for user in VIEWS_OF_USERS:
            rounds["constant view"].append(wrk(constant, seconds=SECONDS))
            rounds["recommendations"].append(wrk(ours, seconds=SECONDS, headers={"user-id": user}))
    return rounds


def _judge(rounds: dict[str, list[Load]]) -> int:
    for name, loads in rounds.items():
        rate, p50, p99 = _median(loads)
        print(f"  {name:<16} {rate:8,.0f} requests/s  p50 {p50:.1f}  p99 {p99:.1f} ms")
    (rate, _, p99), (constant_rate, _, constant_p99) = (_median(rounds[name]) for name in reversed(rounds))
    kept = [
        verdict("requests/s", rate / constant_rate, at_least=0.12),
        verdict("p99", p99 / constant_p99, at_most=6.0),
    ]
    return 0 if all(kept) else 1


def _check(url: str, user: str) -> None:
    body = httpx.get(url, headers={"user-id": user}, params={"explain": "true"}).raise_for_status().json()
    is_learned = body["explanations"][0]["source"] == "viewed-together"
    if not is_learned or len(set(body["products"])) != 10:
        sys.exit(f"wrong answer for {user}: {body}")


def _median(loads: list[Load]) -> tuple[float, float, float]:
    return (
        median(seen.requests_per_second for seen in loads),
        median(seen.p50 for seen in loads),
        median(seen.p99 for seen in loads),
    )


def _write_views() -> None:
    """Each user looks at products that are near each other, and at some others."""
    random = Random(1)
    with view_store() as store:
        for user, count in VIEWS_OF_USERS.items():
            near = random.randrange(PRODUCTS)
            numbers = [near + int(random.paretovariate(0.5)) for _ in range(count)]
            products = [f"product-{number % PRODUCTS}" for number in numbers]
            store.write(rows_of(store, user, products, now=time.time()))


if __name__ == "__main__":
    sys.exit(main())
