"""Claim: recommendations out of the model add at most 120 MB to an API worker.

A process that has loaded what else a worker needs (Django, the drivers of Cassandra and Kafka) loads what recommends,
reads a catalogue and a model of 37,000 products, and answers in four threads. What its own pages have grown by counts,
and the pages of the model's file do not: they are one for the learner and all workers (`learner_cost`, at most 400 MB).
In the API, the workers share most of what was compiled as well, as it is loaded before they are forked.
"""

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import psutil

PRODUCTS = 37_000
CATEGORIES = 300
THREADS = 4
REQUESTS = 500
VIEWS = 20


def main() -> int:
    # Not above: they load what recommends.
    from benchmarks.measuring import verdict
    from benchmarks.taught import teach

    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        teach(Path(folder), PRODUCTS, now=time.time())
        # A process that has taught has loaded too much already.
        command = [sys.executable, "-m", "benchmarks.model_memory", folder]
        added = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return 0 if verdict("added to a worker, MB", float(added), at_most=120) else 1


def _added(folder: Path) -> float:
    """Megabytes that only this process has, from before what recommends is loaded until it has answered."""
    import cassandra.cluster
    import confluent_kafka
    import django
    import rest_framework.views

    del cassandra, confluent_kafka, django, rest_framework
    before = _own_megabytes(folder)
    _answer(folder)
    return _own_megabytes(folder) - before


def _answer(folder: Path) -> None:
    from vitrine.learning import warm_up_reading
    from vitrine.recommending import Assortment, Catalogue, History, ModelCache, Product, recommend

    warm_up_reading()
    catalogue = Catalogue.of(
        Product(f"product-{number}", f"category-{number % CATEGORIES}") for number in range(PRODUCTS)
    )
    catalogue.prepare()
    learned = ModelCache(folder).current(catalogue)
    assortment = Assortment(catalogue, learned=learned)

    def answer(seed: int) -> None:
        random, now = Random(seed), time.time()
        for _ in range(REQUESTS):
            home = random.randrange(PRODUCTS)
            views = [(f"product-{(home + random.randrange(60)) % PRODUCTS}", now) for _ in range(VIEWS)]
            recommend(History(views, now), assortment, limit=10)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(answer, range(THREADS)))


def _own_megabytes(model: Path) -> float:
    maps = psutil.Process().memory_maps()
    own = (each.private_clean + each.private_dirty for each in maps if not each.path.startswith(str(model)))
    return float(sum(own)) / 2**20


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    print(_added(Path(sys.argv[1])))
