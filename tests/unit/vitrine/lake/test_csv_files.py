"""CSV files into a lake: typed, once, nothing lost in silence."""

import csv
import gzip
import json
import random
import subprocess
import sys
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.vitrine.lake.reading import rows
from vitrine.lake import csv_files
from vitrine.lake.csv_reading import CsvReading
from vitrine.lake.declarations import CsvSource, CsvTable, Person
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake
from vitrine.lake.sources import COMPLETEJOURNEY, ONLINE_RETAIL

SALES = CsvSource(
    "sales",
    (
        CsvTable(
            "lines",
            files="lines*.csv*",
            columns={
                "buyer_id": "VARCHAR NOT NULL",
                "quantity": "BIGINT NOT NULL",
                "price": "DECIMAL(12,2)",
                "sold_at": "TIMESTAMP NOT NULL",
            },
            time="sold_at",
            person=Person("buyer", "buyer_id"),
        ),
    ),
)
HEADING = "BuyerID,Quantity,Price,sold at\n"
LINES = "b-1,1.0,2.50,2026-01-31 23:59:59\nb-2,2,,2026-02-01T00:00:00+02:00\n"
COLUMNS = "buyer_id, quantity, price, sold_at"
ROWS = [
    ("b-1", 1, Decimal("2.50"), datetime(2026, 1, 31, 23, 59, 59)),  # noqa: DTZ001
    ("b-2", 2, None, datetime(2026, 1, 31, 22)),  # noqa: DTZ001
]


def land(lake: Lake, source: CsvSource = SALES, folder: Path | None = None, *, again: bool = False) -> Landed:
    with lake.alone():
        return csv_files.land(lake, source, str(folder) if folder else None, again=again)[0]


def set_aside(lake: Lake) -> list[dict[str, Any]]:
    files = Path(lake.path("_rejected", "sales", "lines")).glob("*.jsonl")
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def contents(lake: Lake) -> dict[str, bytes]:
    """All data of a lake, by place."""
    root = Path(lake.address)
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*.parquet")}


def test_rows_land_typed_in_utc(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES)
    landed = land(lake)
    assert (landed.loads, landed.rows, landed.rejected, landed.failures) == (1, 2, 0, [])
    assert rows(lake, "sales", "lines", COLUMNS) == ROWS


def test_rows_lie_in_the_folder_of_their_month(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES + "b-3,1,1,2026-03-01 00:00:00\n")
    land(lake)
    places = [place for place in contents(lake) if "_empty" not in place]
    assert sorted(place.split("/")[2] for place in places) == ["month=2026-01", "month=2026-03"]


def test_landing_the_same_content_again_changes_nothing(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES)
    land(lake)
    before = contents(lake)
    again = land(lake)
    assert (again.loads, again.unchanged) == (0, 1)
    (folder / "lines-copy.csv").write_text(HEADING + LINES)
    assert land(lake).loads == 0
    assert contents(lake) == before


def test_landing_all_again_makes_the_same_files(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES)
    land(lake)
    before = contents(lake)
    assert land(lake, again=True).loads == 1
    assert contents(lake).keys() == before.keys()
    assert rows(lake, "sales", "lines", COLUMNS) == ROWS


def test_gzip_is_seen_by_its_content(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_bytes(gzip.compress((HEADING + LINES).encode()))
    assert land(lake).rows == 2
    assert rows(lake, "sales", "lines", COLUMNS) == ROWS


def test_a_changed_file_takes_the_place_of_what_it_was(lake: Lake, folder: Path) -> None:
    file = folder / "lines.csv"
    file.write_text(HEADING + LINES)
    land(lake)
    file.write_text(HEADING + "b-9,9,9,2026-05-05 05:05:05\n")
    land(lake)
    assert rows(lake, "sales", "lines", "buyer_id") == [("b-9",)]
    assert len(contents(lake)) == 2  # with the one without rows


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b-1,x,1,2026-01-01 00:00:00", "quantity: not BIGINT: x"),
        ("b-1,1.5,1,2026-01-01 00:00:00", "quantity: not BIGINT: 1.5"),
        ("b-1,,1,2026-01-01 00:00:00", "quantity: empty"),
        (",1,1,2026-01-01 00:00:00", "buyer_id: empty"),
        ("b-1,1,NaN,2026-01-01 00:00:00", "price: not DECIMAL(12,2): NaN"),
        ("b-1,1,99999999999.99,2026-01-01 00:00:00", "price: not DECIMAL(12,2): 99999999999.99"),
        ("b-1,1,1,2026-13-01 00:00:00", "sold_at: not TIMESTAMP: 2026-13-01 00:00:00"),
        ("b-1,x,1,soon", "quantity: not BIGINT: x; sold_at: not TIMESTAMP: soon"),
    ],
)
def test_a_row_that_breaks_the_declaration_is_set_aside(lake: Lake, folder: Path, line: str, reason: str) -> None:
    (folder / "lines.csv").write_text(f"{HEADING}b-0,1,1,2026-01-01 00:00:00\n{line}\n{LINES}")
    landed = land(lake)
    assert (landed.rows, landed.rejected) == (3, 1)
    [row] = set_aside(lake)
    assert (row["file"], row["line"], row["reason"]) == ("lines.csv", 3, reason)
    assert [value or "" for value in row["row"].values()] == line.split(",")
    assert rows(lake, "sales", "lines", "buyer_id") == [("b-0",), ("b-1",), ("b-2",)]


def test_lines_that_are_no_rows_are_set_aside_and_the_others_land(lake: Lake, folder: Path) -> None:
    odd = [
        b"b-1,1,1,2026-01-01 00:00:00,too many",
        b"b-1,1",
        b"b-\xff,1,1,2026-01-01 00:00:00",
        b'b-1,1,1,"2026-01-01 00:00:00',
    ]
    good = b"b-0,1,1,2026-01-01 00:00:00"
    lines = [good, odd[0], odd[1], good, b"b-1,x,1,2026-01-01 00:00:00", odd[2], good, odd[3]]
    (folder / "lines.csv").write_bytes(HEADING.encode() + b"\n".join(lines) + b"\n")
    landed = land(lake)
    assert (landed.rows, landed.rejected) == (3, 5)
    assert rows(lake, "sales", "lines", "buyer_id") == [("b-0",)] * 3
    found = {row["line"]: row for row in set_aside(lake)}
    assert sorted(found) == [3, 4, 6, 7, 9]
    assert found[3]["row"] == odd[0].decode()
    assert "too many columns" in found[3]["reason"]
    assert "missing columns" in found[4]["reason"]


def test_a_line_break_within_quotes_is_no_new_line(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(f'{HEADING}"b\n1",1,1,2026-01-01 00:00:00\nb-3,x,1,2026-01-01 00:00:00\n{LINES}')
    land(lake)
    assert rows(lake, "sales", "lines", "buyer_id") == [("b\n1",), ("b-1",), ("b-2",)]
    assert [row["line"] for row in set_aside(lake)] == [3]


def test_a_new_column_is_reported_and_the_rest_lands(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text("Quantity,Colour,BuyerID,Price,sold_at\n1,red,b-1,1,2026-01-01 00:00:00\n")
    landed = land(lake)
    assert landed.new_columns == {"Colour"}
    assert "Colour" in landed.sentence()
    assert rows(lake, "sales", "lines", "buyer_id, quantity") == [("b-1", 1)]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"BuyerID,Quantity,Price\nb-1,1,1\n", "it has no column sold_at, but BuyerID, Quantity, Price"),
        (b"", "it has no column buyer_id, quantity, price, sold_at, but nothing at all"),
        (HEADING.replace("Price", "Price,price").encode(), "it has column price more than once"),
        (b"\xff\xfe", "it has no column buyer_id"),
        (gzip.compress((HEADING + LINES * 5000).encode(), mtime=0)[:-50], "it cannot be read"),
        (gzip.compress(HEADING.encode(), mtime=0)[:12], "its heading cannot be read"),
    ],
)
def test_a_file_that_cannot_land_is_named_and_the_others_land(
    lake: Lake, folder: Path, content: bytes, complaint: str
) -> None:
    (folder / "lines-bad.csv").write_bytes(content)
    (folder / "lines.csv").write_text(HEADING + LINES)
    landed = land(lake)
    assert [failure.startswith(f"lines-bad.csv: {complaint}") for failure in landed.failures] == [True]
    assert rows(lake, "sales", "lines", COLUMNS) == ROWS


def test_a_file_with_nothing_but_a_heading_lands_without_rows(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING)
    landed = land(lake)
    assert (landed.loads, landed.rows, landed.failures) == (1, 0, [])
    assert rows(lake, "sales", "lines") == []
    assert land(lake).unchanged == 1


def test_a_folder_without_files_is_named(lake: Lake, folder: Path) -> None:
    assert land(lake).failures == [f"there is no file lines*.csv* in {folder}"]


def test_a_changed_declaration_lands_the_content_anew(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES)
    land(lake)
    [table] = SALES.tables
    wider = CsvTable("lines", {**table.columns, "price": "DOUBLE"}, time="sold_at", files=table.files)
    assert land(lake, CsvSource("sales", (wider,))).loads == 1
    assert rows(lake, "sales", "lines", "price", "price") == [(2.5,), (None,)]


# Lands a file as a shell does, in a process that can be killed.
_LAND = """
import sys
from tests.unit.vitrine.lake.test_csv_files import SALES, land
from vitrine.lake.place import Lake
from vitrine.settings import LakeSettings
lake = Lake(LakeSettings(lake=sys.argv[1], csv_folder=sys.argv[2]))
print("started", flush=True)
land(lake)
"""


def test_a_landing_killed_at_any_moment_leaves_nothing_that_counts(lake: Lake, folder: Path) -> None:
    number = 200_000
    with (folder / "lines.csv").open("w") as file:
        file.write(HEADING)
        file.writelines(f"b-{n},{n},1,2026-{n % 12 + 1:02}-01 00:00:00\n" for n in range(number))
    moments = random.Random(5)
    counts = set()
    # At once first: a landing that once has ended counts ever after.
    for pause in (0, *(moments.uniform(0, 0.5) for _ in range(7))):
        arguments = (sys.executable, "-c", _LAND, lake.address, str(folder.parent))
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(pause)
            process.kill()
        counts.add(len(lake.loads("sales", "lines")) and len(rows(lake, "sales", "lines", "buyer_id")))
    assert counts <= {0, number}
    assert 0 in counts
    land(lake)
    assert len(rows(lake, "sales", "lines", "buyer_id")) == number
    assert list(Path(lake.address).glob("_landing/*")) == []
    [load] = lake.loads("sales", "lines")
    assert contents(lake).keys() == {*load.files, "sales/lines/_empty.parquet"}


def test_a_file_that_grows_while_it_is_read_waits_for_the_next_run(
    lake: Lake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "lines.csv"
    file.write_text(HEADING + LINES)
    read = CsvReading.write

    def grow(*arguments: Any) -> object:  # noqa: ANN401 - passed on
        written = read(*arguments)
        with file.open("a") as lines:
            lines.write("b-3,3,3,2026-03-03 03:03:03\n")
        return written

    with monkeypatch.context() as growing:
        growing.setattr(CsvReading, "write", grow)
        assert land(lake).failures == ["lines.csv: it was changed while it was read; the next run lands it"]
    assert rows(lake, "sales", "lines") == []
    assert land(lake).rows == 3


def test_real_households_land_as_they_are(lake: Lake, real_data: Path) -> None:
    with lake.alone():
        landed = csv_files.land(lake, COMPLETEJOURNEY, str(real_data / "completejourney"))
    assert [(each.table, each.rows, each.rejected) for each in landed] == [
        ("transactions", 75_000, 0),
        ("products", 92_331, 0),
        ("households", 801, 0),
    ]
    with gzip.open(real_data / "completejourney" / "transactions_sample.csv.gz", "rt") as file:
        expected = list(csv.DictReader(file))
    found = rows(lake, "completejourney", "transactions", "basket_id, product_id, quantity, sales_value")
    assert found == sorted(
        (row["basket_id"], row["product_id"], int(float(row["quantity"])), round(Decimal(row["sales_value"]), 2))
        for row in expected
    )


def test_real_invoices_land_as_they_are(lake: Lake, real_data: Path) -> None:
    with lake.alone():
        landed = csv_files.land(lake, ONLINE_RETAIL, str(real_data / "online_retail"))
    assert [(each.table, each.rows, each.rejected) for each in landed] == [
        ("transactions", 541_909, 0),
        ("products", 3_958, 0),
    ]
    files = str(real_data / "online_retail" / "transactions.csv.gz")
    [expected] = duckdb.execute(
        """SELECT sum(Quantity::INT), sum(UnitPrice::DECIMAL(12,3)), count(CustomerID)
        FROM read_csv(?, all_varchar = true)""",
        [files],
    ).fetchall()
    assert rows(lake, "online_retail", "transactions", "sum(quantity), sum(unit_price), count(customer_id)", "1") == [
        expected
    ]
