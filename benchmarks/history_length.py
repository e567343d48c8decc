"""Claim: the time of an answer does not grow with the history.

A user with 100,000 views over many products is answered within 2 x the time of one with ten views; one with 100,000
views of a single product, all of which have to be looked at, within 300 ms.
"""

import sys
import time
from collections.abc import Iterator
from statistics import median

import httpx

from benchmarks.measuring import api, rows_of, verdict, view_store

LONG = 100_000
ROUNDS = 200
SINGLE_PRODUCT_ROUNDS = 15

USERS = {
    "ten views": [f"product-{number}" for number in range(10)],
    "100,000 views": [f"product-{number % 5000}" for number in range(LONG)],
    "100,000 views of one": ["product-1"] * LONG,
}


def main() -> int:
    _write()
    with api() as url, httpx.Client(base_url=url, timeout=30) as client:
        times: dict[str, list[float]] = {name: [] for name in USERS}
        for name, rounds in _rounds():
            for _ in range(rounds):
                times[name].append(_milliseconds(client, name))
    medians = {name: median(seen) for name, seen in times.items()}
    for name, seen in medians.items():
        print(f"  {name:<22} {seen:6.2f} ms")
    kept = [
        verdict("100,000 views / ten views", medians["100,000 views"] / medians["ten views"], at_most=2.0),
        verdict("one product, ms", medians["100,000 views of one"], at_most=300.0),
    ]
    return 0 if all(kept) else 1


def _write() -> None:
    now = time.time()
    with view_store() as store:
        for name, products in USERS.items():
            rows = rows_of(store, name.replace(" ", "-").replace(",", ""), products, now=now)
            for start in range(0, len(rows), 5000):
                store.write(rows[start : start + 5000])


def _rounds() -> Iterator[tuple[str, int]]:
    """A warm-up, then the two that are compared in turn, then the long one."""
    for _ in range(10):
        yield "ten views", ROUNDS // 10
        yield "100,000 views", ROUNDS // 10
    yield "100,000 views of one", SINGLE_PRODUCT_ROUNDS


def _milliseconds(client: httpx.Client, name: str) -> float:
    user = name.replace(" ", "-").replace(",", "")
    started = time.perf_counter()
    answer = client.get("/api/v1/user_nav_history_latest_products/", headers={"user-id": user}).raise_for_status()
    elapsed = (time.perf_counter() - started) * 1000
    expected = list(dict.fromkeys(USERS[name]))[:10]
    if answer.json()["products"] != expected:
        sys.exit(f"wrong answer for {name}: {answer.text}")
    return elapsed


if __name__ == "__main__":
    sys.exit(main())
