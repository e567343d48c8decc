"""Runs the benchmarks on real servers of their own: `python -m benchmarks [NAME…]`, all of them without a name.

Exit status: 0 when every ratio is as claimed, 1 when one is not.
"""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from local_stack.processes import PREPARATIONS
from local_stack.stack import LocalStack, temporary_settings
from vitrine.errors import StackError
from vitrine.settings import PROJECT_FOLDER

NAMES = (
    "produce_file",
    "kafka_to_cassandra",
    "freshness",
    "api_reads",
    "access",
    "segment_calls",
    "snippet",
    "storefront",
    "recommendations",
    "metrics_cost",
    "stock_change",
    "ranking",
    "history_length",
    "load_shop",
    "orders_to_cassandra",
    "nothing_new",
    "learner_cost",
    "learned_freshness",
    "model_memory",
    "rebuilding",
    "warehouse",
    "attribution",
    "analytics_reads",
    "csv_to_lake",
    "postgres_to_lake",
    "erasing",
)


def main(names: list[str]) -> int:
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"benchmarks: no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
        return 1
    print(f"{platform.platform()}, {psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB")
    failed = [name for name in names or NAMES if not _run(name)]
    print(f"NOT as claimed: {', '.join(failed)}" if failed else "All ratios are as claimed.")
    return 1 if failed else 0


def _run(name: str) -> bool:
    """Runs one benchmark on new, empty servers, so that none pays for another's data."""
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        stack = LocalStack(temporary_settings(Path(folder)))
        try:
            stack.up(processes=False)
            for preparation in PREPARATIONS:
                preparation.run(stack.environment())
            print(f"\n== {name}", flush=True)
            command = [sys.executable, "-m", f"benchmarks.{name}"]
            environment = {**os.environ, **stack.environment()}
            return subprocess.run(command, cwd=PROJECT_FOLDER, env=environment, check=False).returncode == 0
        finally:
            stack.clean()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StackError as error:
        sys.exit(f"benchmarks: {error}")
