"""An evaluation of a data set that can be checked by hand."""

import gzip
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from vitrine.recommending import evaluate
from vitrine.recommending.evaluation.baselines import NearestSessions
from vitrine.recommending.evaluation.charts import bar_chart, line_chart
from vitrine.recommending.evaluation.datasets import read_data_set
from vitrine.recommending.evaluation.measures import MEASURES, Estimate, difference, estimate, score
from vitrine.recommending.evaluation.report import Lists, Report, write_section
from vitrine.recommending.evaluation.runs import FOREST_LISTS, Task


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Who views a views b next; in the test week d begins to follow c."""
    made = tmp_path / "small"
    made.mkdir()
    with gzip.open(made / "train_sessions.txt.gz", "wt") as file:
        file.write("a b\nc a\nd e\n" * 20)
    with gzip.open(made / "test_events.csv.gz", "wt") as file:
        file.write("session_no,timestamp_s,item_id\n")
        file.write("7,1441935300,a\n7,1441935310,b\n7,1441935320,b\n7,1441935325,never-trained\n")
        file.writelines(f"{n},{1441940000 + 100 * n},c\n{n},{1441940010 + 100 * n},d\n" for n in range(8, 12))
    return made


def test_questions_are_named_by_session_and_click_and_what_training_lacks_is_left_out(folder: Path) -> None:
    asked = read_data_set(folder, task="next-new", split="test").asked
    assert [click.question for click in asked if click.question] == ["s0:1", "s1:1", "s2:1", "s3:1", "s4:1"]
    repeated = read_data_set(folder, task="next-any", split="test").asked
    assert [click.question for click in repeated if click.question][:2] == ["s0:1", "s0:2"]
    assert "never-trained" not in {click.product for click in asked}


def test_what_is_streamed_is_learned_and_what_is_frozen_is_not(folder: Path) -> None:
    data = read_data_set(folder, task="next-new", split="test")
    frozen, streamed = (evaluate.evaluate(data, Task(streamed=each)) for each in (False, True))
    of_frozen, of_streamed = frozen.lists["Vitrine, linear"], streamed.lists["Vitrine, linear"]
    assert of_frozen.ranks["s0:1"] == of_streamed.ranks["s0:1"] == 1
    assert (
        of_frozen.items["s4:1"] == of_frozen.items["s1:1"] == of_streamed.items["s1:1"]
    )  # asked before it was learned
    assert of_streamed.items["s4:1"] != of_frozen.items["s4:1"]
    assert "too few for a forest" in frozen.as_text()


def test_predictions_are_lines_of_id_and_items(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, written = tmp_path / "quality.md", tmp_path / "predictions"
    arguments = [str(folder), "--streamed", "--predictions", str(written), "--report", str(page)]
    assert evaluate.main(arguments) == 0
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["s0:1", "s1:1", "s2:1", "s3:1", "s4:1"]
    assert lines[0]["items"][0] == "b"
    assert "| best sellers |" in capsys.readouterr().out
    assert "small, next-new, test, streamed" in page.read_text()
    assert str(folder.parent) not in page.read_text()


def test_a_folder_of_another_form_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-12])


def _garble(file: Path) -> None:
    file.write_bytes(b"session_no,item_id\n7,a\n")


def _mistime(file: Path) -> None:
    with gzip.open(file, "wt") as text:
        text.write("session_no,timestamp_s,item_id\n7,soon,a\n7,later,b\n")


def _shorten(file: Path) -> None:
    with gzip.open(file, "wt") as text:
        text.write("session_no,timestamp_s,item_id\n7,1441935300\n")


@pytest.mark.parametrize("damage", [_cut, _garble, _mistime, _shorten, Path.unlink])
def test_a_data_set_that_cannot_be_read_is_named(
    folder: Path, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(folder / "test_events.csv.gz")
    assert evaluate.main([str(folder)]) == 1
    said = capsys.readouterr().err
    assert f"{folder}: cannot be read as sessions" in said
    assert "Traceback" not in said


def test_a_test_that_asks_for_nothing_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with gzip.open(folder / "test_events.csv.gz", "wt") as text:
        text.write("session_no,timestamp_s,item_id\n7,1441935300,a\n7,1441935310,never-trained\n")
    assert evaluate.main([str(folder)]) == 1
    assert "no session of the test goes on" in capsys.readouterr().err


def test_too_few_sessions_for_a_split(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([str(folder), "--split", "valid"]) == 1
    assert "too few sessions" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--task", "next"], ["--split", "all"], ["--all", "--beginning"]])
def test_a_wrong_command_line(folder: Path, options: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        evaluate.main([*([str(folder)] if options else []), *options])
    assert ended.value.code == 2


def test_predictions_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([str(folder), "--predictions", str(folder)]) == 1
    assert "Is a directory" in capsys.readouterr().err


def test_a_shop_that_begins_with_nothing(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "quality.md"
    assert evaluate.main([str(folder), "--beginning", "--report", str(page)]) == 0
    assert "![small, a shop that begins with nothing, streamed](images/" in page.read_text()
    assert [file.name for file in (tmp_path / "images").iterdir()] == [
        "quality-small-a-shop-that-begins-with-nothing-streamed.svg"
    ]


def test_what_customers_buy_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each buys a and b; then one who had a alone buys b, and another, who is new, buys a. c was cancelled."""
    made, written = tmp_path / "orders", tmp_path / "predictions"
    made.mkdir()
    lines = [f"{n},{product},1,2011-11-0{n} 10:00:00,{n}" for n in range(1, 6) for product in "ab"]
    lines += ["6,a,1,2011-11-06 10:00:00,9", "7,b,2,2011-11-11 10:00:00,9", "8,a,1,2011-11-12 10:00:00,10"]
    lines += ["C9,c,1,2011-11-12 10:00:00,9", "10,c,-1,2011-11-12 10:00:00,9", "11,c,1,2011-11-12 10:00:00,"]
    with gzip.open(made / "transactions.csv.gz", "wt") as file:
        file.write("\n".join(["InvoiceNo,StockCode,Quantity,InvoiceDate,CustomerID", *lines]))
    assert evaluate.main([str(made), "--task", "user10", "--predictions", str(written)]) == 0
    assert [json.loads(line) for line in written.read_text().splitlines()] == [{"id": "u9", "items": ["b", "a"]}]
    assert "| Vitrine, linear | 1.0000 ± nan | 1.0000 ± nan |" in capsys.readouterr().out
    (made / "transactions.csv.gz").write_text("no archive")
    assert evaluate.main([str(made), "--task", "user10"]) == 1
    assert "cannot be read as purchases" in capsys.readouterr().err


def test_measures_by_hand() -> None:
    ranks = {"s0:1": 1, "s0:2": 15, "s1:1": 0, "s2:1": 3}
    assert {name: score(ranks, measure).mean for name, measure in MEASURES.items()} == pytest.approx(
        {"HR@10": 2 / 4, "HR@20": 3 / 4, "MRR@20": (1 + 1 / 15 + 1 / 3) / 4, "NDCG@10": (1 + 1 / 2) / 4}
    )


def test_questions_of_one_session_are_not_independent() -> None:
    """Four times the same answers of one session say as much as one."""
    once = estimate({"s0:1": 1.0, "s1:1": 0.0})
    often = estimate({f"s{session}:{click}": float(session == 0) for session in (0, 1) for click in range(4)})
    assert often == pytest.approx(once)
    assert once == pytest.approx((0.5, math.sqrt(0.25)))


def test_a_difference_is_paired() -> None:
    better, worse = {"s0:1": 1, "s1:1": 0, "s2:1": 2}, {"s0:1": 0, "s1:1": 0, "s2:1": 0}
    assert difference(better, worse, MEASURES["HR@10"]).mean == pytest.approx(2 / 3)
    assert difference(better, better, MEASURES["HR@10"]) == (0.0, 0.0)


def test_nearest_sessions_by_hand() -> None:
    near = NearestSessions([["a", "b"], ["a", "b", "c"], ["d", "e"]])
    assert near(["a"]) == ["b", "c"]
    assert near(["b", "a"]) == ["c"]
    assert near(["unknown"]) == []


def test_a_section_takes_the_place_of_the_one_with_its_title(tmp_path: Path) -> None:
    page = tmp_path / "quality.md"
    for title, text in (("one", "first"), ("two", "other"), ("one", "second")):
        write_section(page, title, "command", text)
    written = page.read_text()
    assert "first" not in written
    assert written.index("second") < written.index("other")


def test_a_chart_has_each_line() -> None:
    drawn = line_chart("title", "days", {"a": [(0.0, 0.0), (10.0, 0.5)], "b": [(0.0, 0.1), (10.0, 0.2)]})
    assert drawn.count("<polyline") == 2
    assert drawn.startswith("<svg")


def test_a_chart_has_each_bar() -> None:
    drawn = bar_chart("a < b", {"ours": Estimate(0.4, 0.01), "others": Estimate(0.2, 0.01)}, ["ours"])
    widths = re.findall(r'width="([0-9.]+)" height="18"', drawn)
    assert float(widths[0]) == pytest.approx(2 * float(widths[1]), abs=0.1)
    assert "a &lt; b" in drawn


@pytest.mark.parametrize(("rate", "said"), [(0.37, "bound 0.365 reached, aim 0.373 MISSED"), (0.3, "0.365 MISSED")])
def test_a_bound_that_is_missed_is_said(rate: float, said: str) -> None:
    ranks = {f"s{number}:1": int(number < 1000 * rate) for number in range(1000)}
    lists = {FOREST_LISTS: Lists(ranks, {name: ["a"] for name in ranks}, [0.1])}
    report = Report("retailrocket", Task(streamed=True), 1, lists, [FOREST_LISTS], 1, 1)
    assert said in report.as_text()
