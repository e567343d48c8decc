"""Claim: the producer sends a file at least 0.7 x as fast as a bare loop of Producer.produce over ready-made bytes.

The producer reads lines, checks each, takes its key out and stamps it; the bare loop has keys and values in memory.
Both wait until the broker has acknowledged all. The start of the process is left out of both.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measuring import verdict
from benchmarks.views import events, produce
from services.view_producer.sending import ViewSender
from vitrine.event_files import open_input, texts
from vitrine.settings import KafkaSettings, load
from vitrine.streaming import ensure_topics

EVENTS = 500_000
ROUNDS = 5


def main() -> int:
    ensure_topics(load(KafkaSettings))
    ready_made = list(events(EVENTS))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "views.jsonl"
        file.write_bytes(b"\n".join(value for _, value in ready_made))
        # In pairs, so that what slows the machine down slows both.
        pairs = [(_send_file(str(file)), _bare_loop(ready_made)) for _ in range(ROUNDS)]
    ours, bare = (median(rates) for rates in zip(*pairs, strict=True))
    print(f"  view_producer {ours:10,.0f} events/s\n  bare loop     {bare:10,.0f} events/s")
    return 0 if verdict("events/s", median(our / its for our, its in pairs), at_least=0.7) else 1


def _send_file(name: str) -> float:
    started = time.perf_counter()
    sender = ViewSender(load(KafkaSettings))
    with open_input(name) as (_, file):
        faults = list(sender.send(texts(file)))
    sender.flush()
    if faults or sender.unacknowledged:
        sys.exit("not all events were acknowledged")
    return EVENTS / (time.perf_counter() - started)


def _bare_loop(ready_made: list[tuple[bytes, bytes]]) -> float:
    started = time.perf_counter()
    produce(ready_made)
    return EVENTS / (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
