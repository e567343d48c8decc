"""The warehouse over a lake in a bucket."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.lakes import land_made_up_shop
from local_stack.s3 import ACCESS_KEY, SECRET_KEY
from tests.integration.lake.s3_server import S3Server
from vitrine.lake.place import Lake


def test_marts_are_built_from_a_bucket_as_from_a_folder(s3_server: S3Server, bucket: str, tmp_path: Path) -> None:
    land_made_up_shop(tmp_path / "lake", users=5, products=10, orders=20, views=30)
    lake = Lake(s3_server.settings(bucket))
    lake.files.put(f"{tmp_path}/lake/", f"{lake.address}/", recursive=True)
    environment = {
        **os.environ,
        "VITRINE_LAKE": lake.address,
        "VITRINE_S3_ENDPOINT": s3_server.url,
        "VITRINE_S3_ACCESS_KEY": ACCESS_KEY,
        "VITRINE_S3_SECRET_KEY": SECRET_KEY,
        "VITRINE_WAREHOUSE_FILE": str(tmp_path / "warehouse.duckdb"),
    }
    for step in ("staging", "marts"):
        command = (sys.executable, "-m", "vitrine.analytics", step)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as warehouse:
        lines, baskets = warehouse.execute(
            "SELECT count(*), count(DISTINCT basket_id) FROM marts.fct_order_line"
        ).fetchall()[0]
        customers = warehouse.execute("SELECT count(*) FROM marts.customer_profiles").fetchall()
    files = f"{tmp_path}/lake/shop/order_items/*.parquet"
    assert duckdb.execute(f"SELECT count(*), count(DISTINCT order_id) FROM '{files}'").fetchall() == [(lines, baskets)]
    assert customers == [(5,)]
