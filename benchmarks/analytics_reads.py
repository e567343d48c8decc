"""Aggregates of the data API with and without Valkey, a profile beside a bare lookup of its key: at the data layer.

Over 750,000 made-up lines, built and published. The data layer is the selector: from the question to the bytes of its
answer. Medians, each way ten times in a row, in turn, in one process.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import django

from benchmarks.lakes import land_made_up_households
from benchmarks.measuring import verdict
from vitrine.analytics.dbt import Dbt
from vitrine.analytics.publishing import marts_of, publish
from vitrine.analytics.warehouse import opened
from vitrine.settings import ShopDatabaseSettings, WarehouseSettings, load

COPIES = 10
# As many products as completejourney has; made-up ones are then of as many categories, 303.
PRODUCTS = 92_000
AGGREGATES, PROFILES = 20, 200
# The first call after another way finds cold caches.
IN_A_ROW = 10


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="vitrine-reads-") as folder:
        _publish(Path(folder))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.development")
    django.setup()
    kept = [_aggregates(), _profiles()]
    return 0 if all(kept) else 1


def _publish(folder: Path) -> None:
    land_made_up_households(folder / "lake", copies=COPIES, products=PRODUCTS)
    warehouse = folder / "warehouse.duckdb"
    environment = {"VITRINE_LAKE": str(folder / "lake"), "VITRINE_WAREHOUSE_FILE": str(warehouse)}
    for step in ("staging", "marts"):
        command = [sys.executable, "-m", "vitrine.analytics", step]
        subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)
    manifest = Dbt(WarehouseSettings(warehouse_file=warehouse, lake=str(folder / "lake"))).manifest()
    with opened(warehouse) as connection:
        marts = marts_of(manifest, connection)
        publish(load(ShopDatabaseSettings), connection, marts, publish_id="bench", now=datetime.now(UTC))


def _aggregates() -> bool:
    # Django comes first.
    from api.analytics import selectors
    from api.analytics.parameters import Page
    from api.analytics.resources import SALES

    kept, page = SALES["category"], Page({}, None, 100)
    anew = replace(kept, is_aggregate=False)
    selectors.page(resource=kept, page=page)
    made, found = _medians(
        AGGREGATES,
        lambda: selectors.page(resource=anew, page=page),
        lambda: selectors.page(resource=kept, page=page),
    )
    print(f"  sales by category: {made:.2f} ms made anew, {found:.3f} ms kept")
    return verdict("an aggregate made anew over one kept", made / found, at_least=30)


def _profiles() -> bool:
    from api.analytics import database, selectors
    from api.analytics.resources import HOUSEHOLDS

    columns = ", ".join(HOUSEHOLDS.columns)
    bare = f"SELECT {columns} FROM marts.household_profiles WHERE household_id = %s"
    ((owner,),) = database.rows("SELECT household_id FROM marts.household_profiles LIMIT 1")
    profile, lookup = _medians(
        PROFILES,
        lambda: selectors.profile(resource=HOUSEHOLDS, owner=owner),
        lambda: database.rows(bare, [owner]),
    )
    print(f"  a profile: {profile:.3f} ms, its row by the key alone {lookup:.3f} ms")
    return verdict("a profile over a bare lookup", profile / lookup, at_most=1.2)


def _medians(times: int, *ways: Callable[[], object]) -> list[float]:
    """Milliseconds of each."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(times):
        for way, measured in zip(ways, seconds, strict=True):
            started = time.perf_counter()
            for _ in range(IN_A_ROW):
                way()
            measured.append((time.perf_counter() - started) / IN_A_ROW)
    return [statistics.median(measured) * 1000 for measured in seconds]


if __name__ == "__main__":
    sys.exit(main())
