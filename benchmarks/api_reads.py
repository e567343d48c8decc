"""Claim: reading a user's last ten products answers at least 0.22 x the requests/s of a DRF view that returns a
constant on the same server (two workers, 16 keep-alive connections), at a p99 of at most 4 x its p99.

The two are loaded in turn, several times, after a warm-up that Cassandra's just-in-time compiler needs.
"""

import sys
import time
from statistics import median

from benchmarks.measuring import Load, api, rows_of, verdict, view_store, wrk

ROUNDS = 5
SECONDS = 6
USER = "user-78"
VIEWS = 40


def main() -> int:
    write_views()
    rounds: dict[str, list[Load]] = {"constant view": [], "latest products": []}
    with api() as url:
        targets = {
            "constant view": (f"{url}/benchmarks/constant/", {}),
            "latest products": (f"{url}/api/v1/user_nav_history_latest_products/", {"user-id": USER}),
        }
        for target, headers in targets.values():
            wrk(target, seconds=10, headers=headers)
        for _ in range(ROUNDS):
            for name, (target, headers) in targets.items():
                rounds[name].append(wrk(target, seconds=SECONDS, headers=headers))
    medians = {name: _median(loads) for name, loads in rounds.items()}
    for name, seen in medians.items():
        print(f"  {name:<16} {seen.requests_per_second:8,.0f} requests/s  p50 {seen.p50:.1f}  p99 {seen.p99:.1f} ms")
    ours, constant = medians["latest products"], medians["constant view"]
    kept = [
        verdict("requests/s", ours.requests_per_second / constant.requests_per_second, at_least=0.22),
        verdict("p99", ours.p99 / constant.p99, at_most=4.0),
    ]
    return 0 if all(kept) else 1


def _median(loads: list[Load]) -> Load:
    return Load(
        median(seen.requests_per_second for seen in loads),
        median(seen.p50 for seen in loads),
        median(seen.p99 for seen in loads),
    )


def write_views() -> None:
    """A user with more views than an answer needs, as most have."""
    with view_store() as store:
        store.write(rows_of(store, USER, [f"product-{number % 25}" for number in range(VIEWS)], now=time.time()))


if __name__ == "__main__":
    sys.exit(main())
