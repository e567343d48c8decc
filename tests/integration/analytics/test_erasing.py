"""One person erased: no byte of them is left in any file, and everybody else is still there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import httpx
import pytest
from redis import Redis

from api.analytics.resources import LISTS
from tests.integration.analytics.running import Analytics
from tests.integration.analytics.test_data_api import client_of, valkey_running
from tests.integration.analytics.test_publishing import publish_all
from vitrine.analytics.checks import Check
from vitrine.analytics.quality import Run, record
from vitrine.settings import CACHE_PREFIX

# In the made-up shop they order and view, and no other id begins as theirs does.
PERSON, OTHER = "user-7", "user-8"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    with valkey_running(tmp_path) as url:
        yield url


@pytest.fixture
def everywhere(analytics: Analytics) -> Analytics:
    """Both persons stand in the lake, also in rows set aside, in the warehouse, the marts and the samples."""
    set_aside = analytics.folder / "lake" / "_rejected" / "shop" / "orders" / "load.jsonl"
    set_aside.parent.mkdir(parents=True)
    rows = [{"file": "shop.orders", "line": 2, "reason": "odd", "row": f"order-0,{who},x"} for who in (PERSON, OTHER)]
    set_aside.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for left_over in ("warehouse.duckdb.scratch/killed.csv", "warehouse.duckdb.tmp/spilled"):
        (analytics.folder / left_over).parent.mkdir(exist_ok=True)
        (analytics.folder / left_over).write_text(PERSON)
    publish_all(analytics)
    keys = [{"customer_id": PERSON}, {"session_id": f"{PERSON}:3"}]
    check = Check("a_check", "customer_profiles", "customer_id", "not_null", "fail", 2, "Got 2 results", keys)
    other = check._replace(name="another_check", sample_keys=[{"session_id": f"{OTHER}:1"}])
    record(analytics.settings, Run("run", NOW, NOW, [check, other], {}))
    return analytics


def erase(analytics: Analytics, *who: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "vitrine.analytics", "erase", *who],
        env={**os.environ, **analytics.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def places_of(analytics: Analytics, who: str) -> set[str]:
    """Where somebody stands: in the bytes of files, and in what is compressed in them."""
    with analytics.connection() as connection, connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    query = "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
    [(data, database)] = analytics.in_postgres(query)
    found = set()
    for folder, name in ((analytics.folder, "files"), (Path(data) / "base" / str(database), "postgres")):
        for file in folder.rglob("*"):
            if file.is_file() and (who.encode() in file.read_bytes() or _in_columns(file, who)):
                found.add(name if name == "postgres" else file.relative_to(folder).parts[0])
    return found


def _in_columns(file: Path, who: str) -> bool:
    if file.suffix == ".parquet":
        rows = f"SELECT count(*) FROM read_parquet('{file}') AS rows WHERE rows::VARCHAR LIKE '%{who}%'"
        return duckdb.execute(rows).fetchall() != [(0,)]
    if file.suffix != ".duckdb":
        return False
    with duckdb.connect(str(file), read_only=True) as warehouse:
        tables = warehouse.execute(
            "SELECT format('{}.{}', schema_name, table_name) FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
        return any(
            warehouse.execute(f"SELECT count(*) FROM {table} AS rows WHERE rows::VARCHAR LIKE '%{who}%'").fetchall()
            != [(0,)]
            for (table,) in tables
        )


def answers_in(valkey: str) -> list[bytes]:
    with Redis.from_url(valkey) as connection:
        return [bytes(connection.get(key)) for key in connection.scan_iter(f"{CACHE_PREFIX}:*")]


def ask_for_everything(client: httpx.Client) -> None:
    for path in (*(f"{resource.name}/" for resource in LISTS), "customers/", "sales/?by=day", f"customers/{PERSON}/"):
        assert client.get(path).is_success, path


def test_no_byte_of_a_person_stays_anywhere(everywhere: Analytics, valkey: str, tmp_path: Path) -> None:
    with client_of(everywhere, tmp_path, valkey) as client:
        ask_for_everything(client)
        seen = client.get("customers/").headers["ETag"]
        kept = answers_in(valkey)
        assert kept
        assert not any(who in answer for answer in kept for who in (PERSON.encode(), OTHER.encode()))
        assert places_of(everywhere, PERSON) == {
            *("lake", "warehouse.duckdb", "warehouse.duckdb.scratch", "warehouse.duckdb.tmp", "postgres"),
        }
        done = erase(everywhere, "user", PERSON, VITRINE_VALKEY_URL=valkey)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["step"], said["lake"]["set_aside"], said["samples"], said["cached_answers"]) == (
            *("erase", 1, 1),
            len(kept),
        )
        assert min(said["lake"]["rows"], said["warehouse"], said["marts"]) > 10
        assert places_of(everywhere, PERSON) == set()
        assert answers_in(valkey) == []
        assert client.get(f"customers/{PERSON}/").status_code == 404
        assert client.get(f"customers/{OTHER}/").json()["baskets"] > 0
        # Not what the client has seen: that showed them.
        assert client.get("customers/", headers={"If-None-Match": seen}).status_code == 200
    assert places_of(everywhere, OTHER) == {"lake", "warehouse.duckdb", "postgres"}
    assert everywhere.in_warehouse("SELECT count(*) FROM staging.stg_shop__order_items") == everywhere.in_warehouse(
        "SELECT count(*) FROM marts.fct_order_line"
    )


def test_an_erasure_that_failed_half_way_is_done_again(everywhere: Analytics) -> None:
    with duckdb.connect(str(everywhere.warehouse_file)):
        done = erase(everywhere, "user", PERSON)
    assert (done.returncode, done.stdout) == (1, "")
    assert "lock" in done.stderr
    assert "lake" not in places_of(everywhere, PERSON)
    away = erase(everywhere, "user", PERSON, VITRINE_VALKEY_URL="redis://127.0.0.1:1")
    assert away.returncode == 1
    assert "Valkey" in away.stderr
    again = json.loads(erase(everywhere, "user", PERSON).stdout)
    assert (again["lake"]["rows"], again["warehouse"], again["marts"], again["samples"]) == (0, 0, 0, 0)
    assert places_of(everywhere, PERSON) == set()
