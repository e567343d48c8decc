"""CSV files from a bucket, and a lake in a bucket, on a real S3 server."""

import gzip
import subprocess
import sys
import time
from typing import Any

import duckdb
import pytest

from tests.integration.lake.s3_server import S3Server
from tests.unit.vitrine.lake.test_csv_files import HEADING, LINES, land
from vitrine.errors import LakeUnavailableError
from vitrine.lake.place import Lake
from vitrine.settings import LakeSettings


@pytest.fixture
def lake(s3_server: S3Server, bucket: str) -> Lake:
    return Lake(s3_server.settings(bucket, csv_folder=f"s3://{bucket}/csv"))


def put(lake: Lake, bucket: str, name: str, content: str) -> None:
    lake.files.pipe_file(f"s3://{bucket}/csv/sales/{name}", gzip.compress(content.encode()))


def rows(lake: Lake, columns: str) -> list[tuple[Any, ...]]:
    """What counts, read from the bucket as the warehouse does."""
    with duckdb.connect() as connection:
        connection.register_filesystem(lake.files)
        return connection.execute(f"""
            SELECT {columns} FROM read_parquet('{lake.path("sales", "lines", "**", "*.parquet")}')
            WHERE _load_id IN (SELECT load_id FROM read_json('{lake.path("_loads", "sales", "lines.jsonl")}',
                columns = {{load_id: 'VARCHAR'}}, format = 'newline_delimited'))
            ORDER BY ALL
        """).fetchall()


def test_files_of_a_bucket_land_in_a_bucket_once(lake: Lake, bucket: str) -> None:
    put(lake, bucket, "lines.csv.gz", HEADING + LINES + "b-3,x,1,2026-01-01 00:00:00\n")
    landed = land(lake)
    assert (landed.rows, landed.rejected, landed.failures) == (2, 1, [])
    assert rows(lake, "buyer_id") == [("b-1",), ("b-2",)]
    assert len(lake.find("_rejected", "sales", "lines", "*.jsonl")) == 1
    before = lake.files.find(lake.address, detail=True)
    assert land(lake).unchanged == 1
    assert lake.files.find(lake.address, detail=True) == before


def test_a_changed_object_takes_the_place_of_what_it_was(lake: Lake, bucket: str) -> None:
    put(lake, bucket, "lines.csv.gz", HEADING + LINES)
    land(lake)
    put(lake, bucket, "lines.csv.gz", HEADING + "b-9,9,9,2026-05-05 05:05:05\n")
    assert land(lake).rows == 1
    assert rows(lake, "buyer_id") == [("b-9",)]
    assert len(lake.find("sales", "lines", "**", "*.parquet")) == 2  # with the one without rows


def test_what_a_killed_run_left_in_the_bucket_does_not_count_and_goes(lake: Lake, bucket: str) -> None:
    put(lake, bucket, "lines.csv.gz", HEADING + LINES)
    land(lake)
    [load] = lake.loads("sales", "lines")
    # As after a kill: its files are there, and the list does not know them.
    lake.keep_loads("sales", "lines", [])
    assert rows(lake, "buyer_id") == []
    put(lake, bucket, "lines.csv.gz", HEADING + "b-9,9,9,2026-05-05 05:05:05\n")
    land(lake)
    assert not set(load.files) & set(lake.find("sales", "lines", "**", "*.parquet"))


_LAND = """
import sys
from tests.unit.vitrine.lake.test_csv_files import land
from vitrine.lake.place import Lake
from vitrine.settings import LakeSettings
lake = Lake(LakeSettings.model_validate_json(sys.argv[1]))
print("started", flush=True)
land(lake)
"""


@pytest.mark.parametrize("after_seconds", [0.1, 0.4, 0.8])
def test_a_landing_in_a_bucket_killed_at_any_moment_leaves_nothing_that_counts(
    lake: Lake, bucket: str, s3_server: S3Server, after_seconds: float
) -> None:
    number = 50_000
    lines = "".join(f"b-{n},{n},1,2026-{n % 12 + 1:02}-01 00:00:00\n" for n in range(number))
    put(lake, bucket, "lines.csv.gz", HEADING + lines)
    keys = {"s3_endpoint": s3_server.url, "s3_access_key": "vitrine", "s3_secret_key": "vitrine-local"}
    given = f'{{"lake": "{lake.address}", "csv_folder": "{lake.settings.csv_folder}"'
    given += "".join(f', "{name}": "{value}"' for name, value in keys.items()) + "}"
    with subprocess.Popen((sys.executable, "-c", _LAND, given), stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        time.sleep(after_seconds)
        process.kill()
    if lake.loads("sales", "lines"):
        assert rows(lake, "count(*)") == [(number,)]
    land(lake)
    assert rows(lake, "count(*)") == [(number,)]


def test_a_server_that_is_away_is_said(s3_server: S3Server) -> None:
    away = Lake(s3_server.settings("lake", s3_endpoint="http://127.0.0.1:9"))
    with pytest.raises(LakeUnavailableError, match="s3://lake"):
        land(away)


def test_a_bucket_that_is_missing_is_said(s3_server: S3Server) -> None:
    with pytest.raises(LakeUnavailableError, match="s3://no-such-bucket"):
        land(Lake(s3_server.settings("no-such-bucket")))


def test_a_wrong_key_is_said(s3_server: S3Server, bucket: str) -> None:
    with pytest.raises(LakeUnavailableError, match=f"s3://{bucket}"):
        land(Lake(s3_server.settings(bucket, s3_secret_key="wrong")))


def test_settings_take_a_bucket_only_with_both_keys() -> None:
    with pytest.raises(ValueError, match="VITRINE_S3_ACCESS_KEY and VITRINE_S3_SECRET_KEY go together"):
        LakeSettings(s3_access_key="only")
