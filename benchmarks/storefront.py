"""Claim: a page of the shop to look at answers within 100 ms at p99, at 16 keep-alive connections.

The grid, a product and a cart with three lines, over 10,000 products in Postgres; beside them the page that reads
nothing, health/live/, on the same server (two workers). The load comes from this machine and takes one of its cores.
"""

import os
import subprocess
import sys
from statistics import median

import requests

from benchmarks.measuring import Load, api, verdict, wrk

ROUNDS = 3
SECONDS = 6
PRODUCTS = 10_000
IN_THE_CART = ("product-1", "product-2", "product-3")


def main() -> int:
    generate = [sys.executable, "-m", "test_data_generator", "shop", "--users", "500", "--products", str(PRODUCTS)]
    subprocess.run(generate, env={**os.environ, "VITRINE_LOG_FORMAT": "text"}, check=True, capture_output=True)
    with api() as url:
        cookie = {"cookie": _cart(url)}
        targets = {"health/live/": f"{url}/api/v1/health/live/"}
        pages = {"home": f"{url}/", "search": f"{url}/?q=lamp", "product": f"{url}/products/product-1/"}
        targets |= {**pages, "cart": f"{url}/cart/"}
        rounds: dict[str, list[Load]] = {name: [] for name in targets}
        for target in targets.values():
            wrk(target, seconds=3, headers=cookie)
        for _ in range(ROUNDS):
            for name, target in targets.items():
                rounds[name].append(wrk(target, seconds=SECONDS, headers=cookie))
    p99 = {name: median(seen.p99 for seen in loads) for name, loads in rounds.items()}
    for name, loads in rounds.items():
        rate, p50 = median(seen.requests_per_second for seen in loads), median(seen.p50 for seen in loads)
        print(f"  {name:<12} {rate:8,.0f} requests/s  p50 {p50:.1f}  p99 {p99[name]:.1f} ms")
    print(f"  p99 of the slowest over health/live/: {max(p99.values()) / p99['health/live/']:.1f} x")
    kept = [verdict(f"{name}, p99 in ms", p99[name], at_most=100) for name in targets if name != "health/live/"]
    return 0 if all(kept) else 1


def _cart(url: str) -> str:
    with requests.Session() as session:
        for product in IN_THE_CART:
            session.post(f"{url}/cart/", data={"add": product}, timeout=30).raise_for_status()
        return f"shop={session.cookies['shop']}"


if __name__ == "__main__":
    sys.exit(main())
