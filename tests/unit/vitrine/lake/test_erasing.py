"""Somebody is taken out of the lake, wholly and for good."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.unit.vitrine.lake.reading import rows
from tests.unit.vitrine.lake.test_csv_files import HEADING, SALES, land, set_aside
from vitrine.errors import LakeError
from vitrine.lake import csv_files, erasing
from vitrine.lake.declarations import CsvSource, CsvTable, Person
from vitrine.lake.erasing import Erased
from vitrine.lake.place import Lake

WHO = "b-somebody-4711"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
LINES = (
    f"{WHO},1,1,2026-01-01 00:00:00\nb-2,2,2,2026-01-02 00:00:00\n{WHO},3,3,2026-02-01 00:00:00\n"
    "b-2,4,4,2026-03-01 00:00:00\n"
)
ODD = f"{WHO},x,1,2026-01-01 00:00:00\nb-2,x,1,2026-01-01 00:00:00\n{WHO},1\n"


def erase(lake: Lake, who: str = WHO, sources: Sequence[CsvSource] = (SALES,)) -> Erased:
    tables = [(source.name, table) for source in sources for table in source.tables]
    with lake.alone():
        return erasing.erase(lake, tables, "buyer", who, until=NOW)


def holding(lake: Lake, who: str = WHO) -> list[str]:
    """The files that hold the person: in their bytes, or in their columns, which may be compressed."""
    files = [file for file in Path(lake.address).rglob("*") if file.is_file()]
    return [file.name for file in files if who.encode() in file.read_bytes() or _in_columns(file, who)]


def _in_columns(file: Path, who: str) -> bool:
    if file.suffix != ".parquet":
        return False
    [(found,)] = duckdb.execute(
        f"SELECT count(*) FROM read_parquet('{file}') AS rows WHERE rows::VARCHAR LIKE '%{who}%'"
    ).fetchall()
    return bool(found)


def test_no_byte_of_a_person_stays(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES + ODD)
    land(lake)
    assert len(holding(lake)) == 3, "two months, and what was set aside"
    assert erase(lake) == Erased(rows=2, files=2, set_aside=2)
    assert holding(lake) == []
    assert rows(lake, "sales", "lines", "buyer_id, quantity") == [("b-2", 2), ("b-2", 4)]
    assert [row["line"] for row in set_aside(lake)] == [7]
    [load] = lake.loads("sales", "lines")
    assert (load.rows, load.rejected) == (2, 1)


def test_erasing_again_changes_nothing(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES)
    land(lake)
    erase(lake)
    before = {file: file.read_bytes() for file in Path(lake.address).rglob("*") if file.is_file()}
    assert erase(lake) == Erased()
    assert {file: file.read_bytes() for file in Path(lake.address).rglob("*") if file.is_file()} == before


def test_somebody_whose_id_is_part_of_anothers_stays(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + "b-1,1,1,2026-01-01 00:00:00\nb-11,1,1,2026-01-01 00:00:00\nb-11,1\n")
    land(lake)
    assert erase(lake, "b-1") == Erased(rows=1, files=1)
    assert rows(lake, "sales", "lines", "buyer_id") == [("b-11",)]
    assert len(set_aside(lake)) == 1


def test_what_they_did_before_does_not_land_again(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES + ODD)
    land(lake)
    erase(lake)
    (folder / "lines-2.csv").write_text(HEADING + LINES + f"{WHO},9,9,2026-12-24 00:00:00\n")
    land(lake, again=True)
    assert rows(lake, "sales", "lines", f"count(*) FILTER (buyer_id = '{WHO}')", "1") == [(1,)]
    assert sorted(quantity for (quantity,) in rows(lake, "sales", "lines", "quantity")) == [2, 2, 4, 4, 9]
    assert {row["row"]["BuyerID"] for row in set_aside(lake)} == {"b-2"}


def test_files_of_a_killed_run_are_erased_too(lake: Lake, folder: Path) -> None:
    (folder / "lines.csv").write_text(HEADING + LINES)
    land(lake)
    lake.keep_loads("sales", "lines", [])
    erase(lake)
    assert holding(lake) == []


def test_what_belongs_to_them_through_another_table_goes_too(lake: Lake, folder: Path) -> None:
    sources = CsvSource(
        "sales",
        (
            CsvTable("orders", {"order_id": "VARCHAR", "buyer_id": "VARCHAR"}, files="orders.csv",
                     person=Person("buyer", "buyer_id")),
            CsvTable("items", {"order_id": "VARCHAR", "item": "VARCHAR"}, files="items.csv",
                     person=Person("buyer", "order_id", through="orders")),
        ),
    )  # fmt: skip
    (folder / "orders.csv").write_text(f"order_id,buyer_id\no-secret-1,{WHO}\no-2,b-2\n")
    # The last two lines are no rows: they are set aside.
    (folder / "items.csv").write_text("order_id,item\no-secret-1,tea\no-2,cup\no-secret-1\no-2\n")
    with lake.alone():
        csv_files.land(lake, sources)
    assert holding(lake, "o-secret-1")
    erase(lake, WHO, (sources,))
    assert holding(lake) == holding(lake, "o-secret-1") == []
    assert rows(lake, "sales", "items", "order_id, item") == [("o-2", "cup")]
    assert lake.loads("sales", "items")[0].rejected == 1


def test_a_kind_that_nobody_is_is_said(lake: Lake) -> None:
    with pytest.raises(LakeError, match=re.escape("nobody in the lake is a ghost, only: buyer")):
        erasing.erase(lake, [("sales", SALES.tables[0])], "ghost", "x", until=NOW)
