"""What the benchmarks share: percentiles, verdicts, services in the background, load over HTTP."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from vitrine.events import Context, ProductView, Properties
from vitrine.settings import ApiSettings, CassandraSettings, load
from vitrine.storage import Link, ViewRow, ViewStore, view_row

API_HEALTHY_WITHIN_SECONDS = 30


@dataclass(frozen=True)
class Load:
    """What one run of wrk saw; times in milliseconds."""

    requests_per_second: float
    p50: float
    p99: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent * 100) // 10_000) - 1)]


def verdict(name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> bool:
    """Prints a figure beside its bound; returns whether it keeps to it."""
    kept = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    bound = f"at least {at_least}" if at_least is not None else f"at most {at_most}"
    print(f"  {name}: {value:.2f} ({bound}){'' if kept else '  <-- NOT KEPT'}", flush=True)
    return kept


@contextmanager
def service(module: str, *arguments: str, **environment: str) -> Iterator[None]:
    """Runs a process of ours in the background."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], env={**os.environ, **environment})
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def api(**environment: str) -> Iterator[str]:
    """Runs the API, with the constant view beside its own; gives its address."""
    url = f"http://127.0.0.1:{load(ApiSettings).api_port}"
    with service("api", DJANGO_SETTINGS_MODULE="benchmarks.api_settings", **environment):
        deadline = time.monotonic() + API_HEALTHY_WITHIN_SECONDS
        while not _is_ready(url):
            if time.monotonic() > deadline:
                sys.exit("the API did not become ready")
            time.sleep(0.2)
        yield url


def wrk(url: str, *, seconds: int, connections: int = 16, headers: Mapping[str, str] | None = None) -> Load:
    """Loads a URL over keep-alive connections; any answer that is not a 2xx ends the benchmark."""
    header_arguments = [argument for name, value in (headers or {}).items() for argument in ("-H", f"{name}: {value}")]
    command = [*_wrk_command(), "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", *header_arguments, url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"requests failed:\n{output}")
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None:
        sys.exit(f"the output of wrk is not understood:\n{output}")
    return Load(float(rate[1]), _latency(output, 50), _latency(output, 99))


@contextmanager
def view_store() -> Iterator[ViewStore]:
    """A store that is connected."""
    with Link.connected(load(CassandraSettings)) as link:
        yield ViewStore(link)


def rows_of(store: ViewStore, userid: str, products: Iterable[str], *, now: float) -> list[ViewRow]:
    """One row a product, the first the newest, a tenth of a second apart."""
    rows = (
        view_row(
            ProductView("ProductView", f"message-{number}", userid, Properties(product), Context("desktop")),
            time=now - number / 10,
            now=now,
            retention_seconds=store.retention_seconds,
        )
        for number, product in enumerate(products)
    )
    return [row for row in rows if row]


def _latency(output: str, percent: int) -> float:
    match = re.search(rf"{percent}%\s+([0-9.]+)(us|ms|s)", output)
    if match is None:
        sys.exit(f"the output of wrk is not understood:\n{output}")
    return float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[match[2]]


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/health/ready/", timeout=2).is_success
    except httpx.HTTPError:
        return False


@cache
def _wrk_command() -> tuple[str, ...]:
    """wrk as installed, else unpacked from Debian's packages, which needs no root."""
    if installed := shutil.which("wrk"):
        return (installed,)
    if not shutil.which("apt-get"):
        sys.exit("this benchmark needs the load generator wrk: install it, or run on Debian, where it is fetched")
    folder = Path(tempfile.mkdtemp(prefix="vitrine-wrk-"))
    packages = ("wrk", "libluajit-5.1-2", "libluajit-5.1-common")
    subprocess.run(["apt-get", "download", *packages], cwd=folder, check=True, capture_output=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
    libraries = next(folder.glob("usr/lib/*/libluajit*")).parent
    return ("env", f"LD_LIBRARY_PATH={libraries}", str(folder / "usr/bin/wrk"))
