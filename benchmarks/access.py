"""Claims: a request with a key and its limits is answered at least 0.9 x as often as one without; checking a key takes
as long with 100,000 keys as with ten (at most 1.25 x, as caches of the processor miss more).

The two requests are loaded in turn, several times: the same history, with a server's key (one limit, in Valkey) and
without one, as the development settings allow this machine. Checking is timed in one process, over the keys in
Postgres.
"""

import os
import secrets
import statistics
import subprocess
import sys
import time

import django

from api.access import keys
from benchmarks.api_reads import USER, write_views
from benchmarks.measuring import Load, api, verdict, wrk
from local_stack.processes import MANAGE
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database.connection import transaction

ROUNDS, SECONDS = 5, 6
FEW, MANY = 10, 100_000
CHECKS, TIMES = 20_000, 15
_INSERT = """
INSERT INTO access_keys (name, kind, digest, ending, scopes, origins, created_at)
SELECT 'many', 'sec', sha256(gen_random_uuid()::text::bytea), 'none', ARRAY['history:read'], ARRAY[]::text[], now()
FROM generate_series(1, %s)"""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.development")
    django.setup()
    return 0 if all([_requests(), _checks()]) else 1


def _requests() -> bool:
    write_views()
    key = _make_key()
    headers = {"open": {}, "with key and limit": {"Authorization": f"Bearer {key}"}}
    rounds: dict[str, list[Load]] = {name: [] for name in headers}
    with api(VITRINE_KEY_LIMIT_PER_MINUTE="100000000") as url:
        target = f"{url}/api/v1/user_nav_history_latest_products/"
        for each in headers.values():
            wrk(target, seconds=10, headers={"user-id": USER, **each})
        for _ in range(ROUNDS):
            for name, each in headers.items():
                rounds[name].append(wrk(target, seconds=SECONDS, headers={"user-id": USER, **each}))
    rates = {name: statistics.median(seen.requests_per_second for seen in loads) for name, loads in rounds.items()}
    for name, loads in rounds.items():
        print(
            f"  {name:<18} {rates[name]:8,.0f} requests/s  p99 {statistics.median(seen.p99 for seen in loads):.1f} ms"
        )
    return verdict("with key and limit / open", rates["with key and limit"] / rates["open"], at_least=0.9)


def _checks() -> bool:
    from api.access.keyring import Keyring

    settings = load(ShopDatabaseSettings)
    texts = [_make_key() for _ in range(FEW)]
    rings: dict[int, Keyring] = {}
    for count in (FEW, MANY):
        with transaction(settings) as cursor:
            cursor.execute(_INSERT, [count - FEW])
        rings[count] = Keyring(settings)
        rings[count].keep_listening()
        began = time.perf_counter()
        while rings[count].key(keys.digest_of(texts[0])) is None:
            time.sleep(0.01)
        print(f"  {count:7,} keys read in {time.perf_counter() - began:.2f} s")
    # Keys that are there and keys that are not, in turn.
    asked = [text for pair in zip(texts * CHECKS, _unknown(), strict=False) for text in pair][:CHECKS]
    seconds: dict[int, list[float]] = {count: [] for count in rings}
    for _ in range(TIMES):
        for count, ring in rings.items():
            began = time.perf_counter()
            for text in asked:
                ring.key(keys.digest_of(text))
            seconds[count].append(time.perf_counter() - began)
    medians = {count: statistics.median(each) for count, each in seconds.items()}
    for count, each in medians.items():
        print(f"  {count:7,} keys: {each / CHECKS * 1e6:.2f} µs a check")
    return verdict("a check among 100,000 / among ten", medians[MANY] / medians[FEW], at_most=1.25)


def _make_key() -> str:
    command = [*MANAGE, "keys", "make", "benchmark", "--kind", "server", "--scopes", "history:read"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _unknown() -> list[str]:
    return [f"vt_sec_{secrets.token_urlsafe(32)}" for _ in range(CHECKS)]


if __name__ == "__main__":
    sys.exit(main())
