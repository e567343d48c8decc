"""`python -m vitrine.lake`, as a shell runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path


def run(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    away = {"VITRINE_POSTGRES_PORT": "9", "VITRINE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    places = {"VITRINE_LAKE": str(tmp_path / "lake"), "VITRINE_CSV_FOLDER": str(tmp_path / "csv")}
    done = subprocess.run(
        (sys.executable, "-m", "vitrine.lake", *arguments),
        env={**os.environ, **away, **places},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def put(tmp_path: Path, products: str) -> None:
    folder = tmp_path / "csv" / "online_retail"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "transactions.csv").write_text(
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,s,1,2026-01-01 00:00:00,1,17850,UK\n"
    )
    (folder / "products.csv").write_text(products)


def test_a_source_lands_is_listed_and_a_person_is_erased(tmp_path: Path) -> None:
    put(tmp_path, "StockCode,Description\ns,Tea\n")
    status, out, err = run(tmp_path, "land", "online_retail")
    assert (status, [table["rows"] for table in json.loads(out)]) == (0, [1, 1])
    assert "online_retail.transactions: 1 rows landed" in err
    listed = {(each["source"], each["table"]): each["rows"] for each in json.loads(run(tmp_path, "list")[1])}
    assert listed["online_retail", "transactions"] == 1
    status, out, _ = run(tmp_path, "erase", "customer", "17850")
    assert (status, json.loads(out)) == (0, {"rows": 1, "files": 1, "set_aside": 0})


def test_what_cannot_land_is_named_and_gives_1(tmp_path: Path) -> None:
    put(tmp_path, "StockCode\ns\n")
    status, out, err = run(tmp_path, "land", "online_retail")
    assert (status, [table["rows"] for table in json.loads(out)]) == (1, [1, 0])
    assert "products.csv: it has no column description, but StockCode" in err


def test_all_goes_on_where_a_server_is_away(tmp_path: Path) -> None:
    put(tmp_path, "StockCode,Description\ns,Tea\n")
    status, out, err = run(tmp_path, "land", "all")
    assert (status, len(json.loads(out))) == (1, 2)
    assert "completejourney: there are no files of it" in err
    assert all(f"vitrine.lake: {source}: " in err for source in ("shop", "events", "market"))


def test_all_tables_are_made_before_anything_has_landed(tmp_path: Path) -> None:
    assert run(tmp_path, "prepare")[0] == 0
    assert len(list((tmp_path / "lake").rglob("_empty.parquet"))) == 19
    assert run(tmp_path, "land", "no-such-source")[0] == 2
