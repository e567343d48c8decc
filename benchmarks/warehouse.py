"""Claim: the warehouse is built at most 2.5 x as slowly as its SQL runs in bare DuckDB, in less than 1 GB.

Over made-up lines in completejourney's form: 750,000, and 7,500,000, which take at most 3 x as long. When nothing new
was landed it takes at most 0.8 x a full build. The marts of the 750,000 are published to Postgres at 118,500 rows/s or
more (237,000 in 2 s); that readers never see half of them is for the tests to show. Tests of the marts are in none of
the times.
"""

import os
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL

import duckdb
import psutil

from benchmarks.lakes import land_made_up_households
from benchmarks.measuring import verdict
from vitrine.analytics.dbt import Dbt
from vitrine.analytics.publishing import marts_of, publish
from vitrine.analytics.warehouse import opened
from vitrine.settings import ShopDatabaseSettings, WarehouseSettings, load
from vitrine.shop_database.creating import create_database

COPIES = (10, 100)
MEMORY_LIMIT = "600MB"


def main() -> int:
    times, memory = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        for copies in COPIES:
            root = Path(folder) / str(copies)
            land_made_up_households(root / "lake", copies=copies)
            seconds, memory = _build(root)
            times.append(seconds)
            again, bare = _build(root)[0], _bare(root)
            print(
                f"  {75_000 * copies:,} lines: dbt {times[-1]:.1f} s, nothing new {again:.1f} s,"
                f" bare DuckDB {bare:.1f} s",
                flush=True,
            )
        kept = [_publishing(Path(folder) / str(COPIES[0]))]
    kept.append(verdict("dbt over bare DuckDB", times[1] / bare, at_most=2.5))
    kept.append(verdict("7,500,000 lines over 750,000", times[1] / times[0], at_most=3))
    kept.append(verdict("nothing new over a full build", again / times[1], at_most=0.8))
    kept.append(verdict("memory, MB", memory, at_most=1000))
    return 0 if all(kept) else 1


def _build(root: Path) -> tuple[float, float]:
    """Seconds of the steps staging and marts, where something has changed, and the most megabytes they hold."""
    environment = {"VITRINE_LAKE": str(root / "lake"), "VITRINE_WAREHOUSE_FILE": str(root / "warehouse.duckdb")}
    started, memory = time.perf_counter(), 0.0
    for step in ("staging", "marts"):
        command = [sys.executable, "-m", "vitrine.analytics", step, "--only-changes"]
        with psutil.Popen(command, env={**os.environ, **environment}, stdout=DEVNULL, stderr=DEVNULL) as process:
            while process.poll() is None:
                memory = max(memory, _megabytes(process))
                time.sleep(0.05)
        if process.returncode:
            raise SystemExit(f"the step {step} failed: {' '.join(command)}")
    return time.perf_counter() - started, memory


def _megabytes(process: psutil.Process) -> float:
    """Of the process and of dbt, which it starts."""
    with suppress(psutil.NoSuchProcess):
        return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 2**20
    return 0.0


def _bare(root: Path) -> float:
    """Seconds of the same statements, in the order in which dbt ran them, in a database of its own."""
    dbt = Dbt(_settings(root))
    nodes, compiled = dbt.manifest()["nodes"], dbt.folder / "compiled" / "vitrine" / "models"
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    done = {"source.vitrine.learned.recommendations", "source.vitrine.learned.recommender_quality"}
    with duckdb.connect(str(root / "bare.duckdb"), config={"memory_limit": MEMORY_LIMIT, "threads": 2}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"ATTACH '{root / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        for schema in ("raw", "staging", "intermediate", "marts", "learned"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table in ("recommendations", "recommender_quality"):
            connection.execute(f"CREATE TABLE learned.{table} AS FROM warehouse.learned.{table}")
        started = time.perf_counter()
        while models:
            ready = [node for node in models if all(_is_done(each, done) for each in node["depends_on"]["nodes"])]
            for node in ready:
                kind = "VIEW" if node["config"]["materialized"] == "view" else "TABLE"
                query = (compiled / node["path"]).read_text().replace('"warehouse".', "")
                connection.execute(f"CREATE {kind} {node['schema']}.{node['name']} AS {query}")
                done.add(node["unique_id"])
                models.remove(node)
        return time.perf_counter() - started


def _is_done(dependency: str, done: set[str]) -> bool:
    return dependency in done or dependency.startswith("source.")


def _publishing(root: Path) -> bool:
    create_database(load(ShopDatabaseSettings))
    with opened(root / "warehouse.duckdb") as connection:
        marts = marts_of(Dbt(_settings(root)).manifest(), connection)
        started = time.perf_counter()
        rows = publish(load(ShopDatabaseSettings), connection, marts, publish_id="bench", now=datetime.now(UTC))
        seconds = time.perf_counter() - started
    print(f"  {rows:,} rows published in {seconds:.2f} s")
    return verdict("rows published a second", rows / seconds, at_least=118_500)


def _settings(root: Path) -> WarehouseSettings:
    return WarehouseSettings(warehouse_file=root / "warehouse.duckdb", lake=str(root / "lake"))


if __name__ == "__main__":
    sys.exit(main())
