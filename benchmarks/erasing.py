"""Claim: a person with 10,000 views is gone within a second of asking, and an export of any length takes little memory.

Gone is what the API does before it answers: the erasure acknowledged by Kafka, then views, deletions and copies of
orders removed from Cassandra. The worst of twenty people counts; each has 10,000 views and 1,000 order lines. Then one
with 200,000 views is exported, over HTTP as well, and the memory of the API's processes is looked at before and after.
"""

import sys
import time
from collections.abc import Iterator

import httpx
import psutil

from benchmarks.measuring import api, percentile, rows_of, verdict
from vitrine.erasing.online import Cassandra
from vitrine.settings import CassandraSettings, load
from vitrine.storage import Link
from vitrine.storage.driver.packed import PackedRow, as_long, pack

PEOPLE, VIEWS, LINES = 20, 10_000, 1000
EXPORTED = 200_000


def main() -> int:
    with Link.connected(load(CassandraSettings)) as link, api(VITRINE_API_WORKERS="1") as url:
        tables = Cassandra.on(link)
        for number in range(PEOPLE):
            _view(tables, f"person-{number}", VIEWS)
            _buy(tables, f"person-{number}")
        seconds = [_erase(url, f"person-{number}") for number in range(PEOPLE)]
        print(f"  median of an erasure, s: {percentile(seconds, 50):.3f}")
        _view(tables, "collector", EXPORTED)
        took, more_memory = _export(url)
        print(f"  {EXPORTED:,} views exported in {took:.1f} s")
        kept = [
            verdict(f"worst erasure of {VIEWS:,} views, s", max(seconds), at_most=1.0),
            verdict(f"memory for an export of {EXPORTED:,} views, MB", more_memory, at_most=64),
        ]
    return 0 if all(kept) else 1


def _view(tables: Cassandra, person: str, count: int) -> None:
    tables.views.write(
        rows_of(tables.views, person, (f"product-{number % 5000}" for number in range(count)), now=time.time())
    )


def _buy(tables: Cassandra, person: str) -> None:
    writer = tables.lines.writer()
    for row in _lines(person, int(time.time() * 1000)):
        writer.write(row)
    writer.finish()


def _lines(person: str, now: int) -> Iterator[PackedRow]:
    for number in range(LINES):
        ids = (f"order-{number}".encode(), b"product-1", b"category-1")
        yield pack((person.encode(), as_long(now - number), *ids, (1).to_bytes(4), as_long(now * 1000)))


def _erase(url: str, person: str) -> float:
    began = time.monotonic()
    answer = httpx.delete(f"{url}/api/v1/people/{person}/", timeout=30)
    took = time.monotonic() - began
    counts = {part["name"]: part["how-many"] for part in answer.json()["parts"]}
    if (counts["views"], counts["orders"]) != (VIEWS, LINES):
        sys.exit(f"erased: {counts}")
    return took


def _export(url: str) -> tuple[float, float]:
    """Seconds, and by how many MB the API has grown at most meanwhile."""
    before, peak, views = _memory(), 0.0, 0
    began = time.monotonic()
    with httpx.stream("GET", f"{url}/api/v1/people/collector/export/", timeout=120) as answer:
        for piece in answer.iter_raw():
            views += piece.count(b'"viewed-at"')
            peak = max(peak, _memory())
    if views < EXPORTED * 0.999:  # a piece may end within the word
        sys.exit(f"exported: {views}")
    return time.monotonic() - began, peak - before


def _memory() -> float:
    children = psutil.Process().children(recursive=True)
    return sum(child.memory_info().rss for child in children if child.is_running()) / 2**20


if __name__ == "__main__":
    sys.exit(main())
