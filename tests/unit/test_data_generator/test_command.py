"""The command line, called as users call it where that matters. What `shop` loads is tested with Postgres."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from test_data_generator.__main__ import main

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
UNTIL = "--until=2026-11-02T12:00:00Z"
COMMAND = [sys.executable, "-m", "test_data_generator", "views"]
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "product-views.jsonl"
VALID_LINE = re.compile(
    rb'\{"event":"ProductView","messageid":"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}","userid":"user-[0-9]+",'
    rb'"properties":\{"productid":"product-[0-9]+"\},"context":\{"source":"[a-z-]+"\},'
    rb'"timestamp":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"\}'
)


def written(folder: Path, *options: str, name: str = "views.jsonl") -> bytes:
    main(["views", *options, "--output", str(folder / name)], NOW)
    return (folder / name).read_bytes()


def test_the_example_in_the_documentation_is_what_the_command_prints() -> None:
    lines = subprocess.run([*COMMAND, UNTIL], check=True, capture_output=True).stdout.splitlines(keepends=True)
    assert b"".join(lines[:20]) == EXAMPLE.read_bytes()


def test_every_line_is_a_product_view(tmp_path: Path) -> None:
    lines = written(tmp_path).splitlines()
    assert len(lines) == 20_000
    assert all(VALID_LINE.fullmatch(line) for line in lines)


def test_the_end_is_now_unless_told_otherwise(tmp_path: Path) -> None:
    assert written(tmp_path, "--views=100") == written(tmp_path, "--views=100", UNTIL)


@pytest.mark.parametrize("until", ["2026-11-02T12:00", "2026-11-02T14:00+02:00", "2026-11-02T12:00:00.000Z"])
def test_a_time_without_an_offset_is_utc(tmp_path: Path, until: str) -> None:
    assert written(tmp_path, "--views=100", "--until", until) == written(tmp_path, "--views=100")


def test_a_name_ending_in_gz_is_compressed_to_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = written(tmp_path, "--views=500", name="first.jsonl.gz")
    assert gzip.decompress(first) == written(tmp_path, "--views=500")
    assert first[4:8] == bytes(4)  # the header's time
    assert written(tmp_path, "--views=500", name="second.jsonl.gz") == first


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--users=0", "argument --users: must be a whole number from 1 to 10000000, not '0'"),
        ("--products=-1", "argument --products: must be a whole number from 1 to 10000000, not '-1'"),
        ("--views=1e3", "argument --views: must be a whole number from 1 to 1000000000, not '1e3'"),
        ("--views=" + "9" * 5000, "must be a whole number from 1 to 1000000000"),
        ("--weeks=521", "argument --weeks: must be a whole number from 1 to 520, not '521'"),
        ("--seed=one", "argument --seed: invalid int value: 'one'"),
        ("--until=soon", "argument --until: must be a time such as 2026-11-02T12:00:00Z, not 'soon'"),
        ("--until=9999-12-31T23:59-05:00", "argument --until: must be a time such as"),
        ("--until=0005-01-01", "argument --until: must be a time such as"),
        ("--output=", "argument --output: must be a file in a folder that exists, not ''"),
        ("--output=no/such/folder", "argument --output: must be a file in a folder that exists"),
        ("--output=/", "argument --output: must be a file in a folder that exists, not '/'"),
    ],
)
def test_a_bad_option_is_named_with_what_it_must_be(
    capsys: pytest.CaptureFixture[str], option: str, sentence: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["views", option], NOW)
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


FILES = ("--order-events=e", "--product-categories=c")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--orders=0"], "argument --orders: must be a whole number from 1 to 1000000000, not '0'"),
        (["--months=0"], "argument --months: must be a whole number from 1 to 1200, not '0'"),
        (["--months=700"], "--months: the first orders would be from before 1970"),
        (["--until=2200-01-01"], "argument --until: must be a time from 1970 to 2199, not '2200-01-01'"),
        (["--until=1969-12-31T23:59:59Z"], "argument --until: must be a time from 1970 to 2199"),
        (["--reset", "--if-empty"], "argument --if-empty: not allowed with argument --reset"),
        (["--order-events=e"], "--order-events and --product-categories go together"),
        (["--product-categories=c"], "--order-events and --product-categories go together"),
        (["--ordered-from=2026-01-01"], "--ordered-from and --ordered-to go with --order-events"),
        ([*FILES, "--orders=7"], "--orders is for orders that are made up: it does not go with --order-events"),
        ([*FILES, "--until=2026-01-01"], "--until is for orders that are made up"),
        ([*FILES, "--ordered-to=2026-01-01", "--ordered-from=2026-01-02"], "--ordered-from is later than --ordered-to"),
        ([*FILES, "--ordered-from=2026-11-03"], "--ordered-from is later than --ordered-to"),
    ],
)
def test_bad_options_of_the_shop_are_named(
    capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["shop", *options], NOW)
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_full_disk_is_one_sentence_and_status_1() -> None:
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(COMMAND, check=False, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert result.stderr == b"error: cannot write to standard output: No space left on device\n"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([*COMMAND, "--views=10", "--output", str(pipe)]) as process:
        assert len(pipe.read_bytes().splitlines()) == 10
    assert process.returncode == 0
    assert pipe.is_fifo()


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    with subprocess.Popen([*COMMAND, "--views=1000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


@pytest.mark.parametrize(("stop", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_run_leaves_the_old_file_and_no_other(tmp_path: Path, stop: signal.Signals, status: int) -> None:
    output = tmp_path / "views.jsonl"
    output.write_text("as it was")
    with subprocess.Popen([*COMMAND, "--views=100000000", "--output", str(output)]) as process:
        deadline = time.monotonic() + 30
        while len(list(tmp_path.iterdir())) == 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(stop)
        assert process.wait(timeout=30) == status
    assert {path: path.read_text() for path in tmp_path.iterdir()} == {output: "as it was"}
