"""Files that somebody has made to do harm, and names of files that mean something to whoever reads them."""

import gzip
import tracemalloc
from pathlib import Path

import pytest

from tests.unit.vitrine.lake.reading import rows
from vitrine.errors import InvalidEventError, LakeError
from vitrine.lake import csv_files
from vitrine.lake import events as lake_events
from vitrine.lake.csv_reading import read_headings
from vitrine.lake.declarations import CsvSource, CsvTable
from vitrine.lake.landed import Landed
from vitrine.lake.place import Lake

SOURCE = CsvSource(
    "made", (CsvTable("lines", files="lines*.csv", columns={"id": "VARCHAR NOT NULL", "amount": "INTEGER NOT NULL"}),)
)
HEADING = "id,amount\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "given"
    made.mkdir()
    return made


def land(lake: Lake, folder: Path) -> Landed:
    with lake.alone():
        (landed,) = csv_files.land(lake, SOURCE, str(folder))
    return landed


def ids(lake: Lake) -> list[str]:
    return sorted(str(found) for (found,) in rows(lake, "made", "lines", "id"))


@pytest.mark.parametrize(
    "name",
    ["lines_[12].csv", "lines_*.csv", "lines_?.csv", "lines'; DROP TABLE x; --.csv", 'lines".csv', "lines[[].csv"],
)
def test_a_name_is_no_pattern_and_no_statement(lake: Lake, folder: Path, name: str) -> None:
    """DuckDB would read lines_1.csv again under a name such as lines_[12].csv."""
    (folder / "lines_1.csv").write_text(f"{HEADING}one,1\n")
    (folder / "lines_2.csv").write_text(f"{HEADING}two,2\n")
    (folder / name).write_text(f"{HEADING}odd,3\n")
    landed = land(lake, folder)
    assert (landed.failures, ids(lake)) == ([], ["odd", "one", "two"])


@pytest.mark.parametrize(
    "value",
    ["=cmd|' /C calc'!A0", "@SUM(1+1)", "../../etc/passwd", "{{ 7*7 }}", "'; DROP TABLE lines; --", "\u202eabc"],
)
def test_a_value_is_kept_as_it_is_and_does_nothing(lake: Lake, folder: Path, value: str) -> None:
    (folder / "lines.csv").write_text(f'{HEADING}"{value}",1\n"{value}",not a number\n')
    landed = land(lake, folder)
    assert (landed.failures, landed.rows, landed.rejected, ids(lake)) == ([], 1, 1, [value])


@pytest.mark.parametrize(
    "content",
    [
        HEADING.encode() + b"x" * 5_000_000,
        HEADING.encode() + b'"' + b"x\n" * 2_000_000,
        b"\x1f\x8b\x08\x00" + b"\xff" * 2000,
        gzip.compress(HEADING.encode() + b"a,1\n" * 1000)[:-200],
        b"\xff\xfe" + HEADING.encode("utf-16-le"),
        b"\0" * 5000,
        b'"' * 100_001,
    ],
    ids=["a long row", "no closing quote", "no gzip", "cut short", "UTF-16", "zeros", "quotes"],
)
def test_a_file_that_is_none_is_said_in_a_few_words_and_the_others_land(
    lake: Lake, folder: Path, content: bytes
) -> None:
    (folder / "lines_1.csv").write_bytes(content)
    (folder / "lines_2.csv").write_text(f"{HEADING}two,2\n")
    landed = land(lake, folder)
    assert ids(lake) == ["two"]
    assert len(landed.failures) + landed.rejected >= 1
    assert all(len(failure) < 1000 for failure in landed.failures)


def test_a_line_that_is_packed_a_thousand_times_smaller_is_not_unpacked_whole(folder: Path) -> None:
    with gzip.open(folder / "lines.csv", "wb", compresslevel=1) as file:
        for _ in range(200):
            file.write(bytes(1_000_000))
    assert (folder / "lines.csv").stat().st_size < 2_000_000
    tracemalloc.start()
    try:
        with pytest.raises(LakeError):
            read_headings(folder / "lines.csv", SOURCE.tables[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"[" * 100_000,
        b'{"model":' + b"[" * 100_000,
        b"\xff",
        b'{"recommendation-id":"r","endpoint":"e","products":[],"sources":[],"shown-at":"0001-01-01T00:00:00+14:00"}',
    ],
)
def test_what_was_not_shown_is_refused_with_a_reason(value: bytes) -> None:
    with pytest.raises(InvalidEventError) as error:
        lake_events._shown(value, 0.0, 0.0)
    assert str(error.value)


def test_a_view_before_the_year_one_is_refused_with_a_reason() -> None:
    """Whoever may post a view may post this one, and nothing behind it would ever land."""
    view = (
        b'{"event":"ProductView","messageid":"m","userid":"u","properties":{"productid":"p"},'
        b'"context":{"source":"desktop"},"timestamp":"0001-01-01T00:00:00+14:00"}'
    )
    with pytest.raises(InvalidEventError, match="years 1 to 9999"):
        lake_events._view(view, 1_800_000_000.0, 1_800_000_000.0)
