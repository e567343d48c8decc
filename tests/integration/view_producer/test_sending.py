"""What reaches Kafka of files, and what is said of the rest."""

import gzip
import json
import random
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.integration.view_producer.running import acknowledged, lines, run, view, write
from tests.integration.view_producer.topic import Record, Topic


def times_increase(records: list[Record]) -> bool:
    return all(earlier.time < later.time for earlier, later in pairwise(records))


def numbered(count: int, users: int) -> list[dict[str, object]]:
    return [view(f"user-{number % users}", number=number) for number in range(count)]


def test_views_are_keyed_by_user_and_keep_their_order(topic: Topic, tmp_path: Path) -> None:
    began = int(time.time() * 1000)
    done = run(topic, write(tmp_path / "views", numbered(3000, users=7)))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "3,000 views acknowledged, 0 not, 0 not valid\n"
    users = topic.by_user()
    assert len(users) == 7
    for user, records in users.items():
        assert {record.event["userid"] for record in records} == {user}
        assert len({record.partition for record in records}) == 1
        assert [record.event["number"] for record in records] == list(range(int(user[5:]), 3000, 7))
        assert times_increase(records)
        assert began <= records[0].time <= time.time() * 1000
    assert len({record.partition for records in users.values() for record in records}) > 1


def test_the_original_bytes_arrive_with_unknown_fields(topic: Topic, tmp_path: Path) -> None:
    odd = json.dumps(view(farbe="grün", nested={"n": [1, 2.50, 10**400]}), ensure_ascii=False, indent=1)
    (tmp_path / "array").write_text(f"[\n{odd},\n\n{odd}]")
    spaced = odd.replace("\n", "   ").encode()
    (tmp_path / "lines").write_bytes(b"\xef\xbb\xbf  " + spaced + b" \r\n")
    assert run(topic, str(tmp_path / "array"), str(tmp_path / "lines")).returncode == 0
    assert [record.value for record in topic.records()] == [odd.encode(), odd.encode(), spaced]


def test_a_view_with_a_time_is_sent_as_it_is(topic: Topic, tmp_path: Path) -> None:
    views = [view(timestamp=text) for text in ("2026-09-01T10:00:00Z", "2001-01-01", "2026-09-01T10:00:00+03:00")]
    assert run(topic, write(tmp_path / "views", views)).returncode == 0
    assert [record.event for record in topic.records()] == views


def test_thousands_of_views_of_one_user_get_a_millisecond_each(topic: Topic, tmp_path: Path) -> None:
    assert run(topic, write(tmp_path / "views", numbered(20_000, users=1))).returncode == 0
    records = topic.records()
    assert [record.event["number"] for record in records] == list(range(20_000))
    assert times_increase(records)
    assert records[-1].time < time.time() * 1000 + 60_000


def test_several_files_and_standard_input_are_sent_in_their_order(topic: Topic, tmp_path: Path) -> None:
    views = numbered(6, users=1)
    plain = write(tmp_path / "plain.gz", views[:2])
    (tmp_path / "compressed.json").write_bytes(gzip.compress(json.dumps(views[4:]).encode()))
    done = run(topic, plain, "-", str(tmp_path / "compressed.json"), standard_input=lines(views[2:4]))
    assert done.returncode == 0, done.stderr
    assert [record.event for record in topic.records()] == views


def test_compressed_standard_input_is_read(topic: Topic) -> None:
    assert run(topic, "-", standard_input=gzip.compress(lines(numbered(10, users=1)))).returncode == 0
    assert topic.count() == 10


def test_what_is_not_valid_is_reported_by_place_and_the_rest_is_sent(topic: Topic, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.write_bytes(
        b"\n".join(
            [
                lines([view("user-1")]).strip(),
                b"",
                b"nonsense",
                lines([view("a b")]).strip(),
                lines([view(timestamp="2100-01-01T00:00:00Z")]).strip(),
                lines([view(event="Purchase")]).strip(),
                b'{"event": "\xff"}',
                b"[" * 100_000,
                lines([view(text="x" * 2_500_000)]).strip(),
                lines([view(text="x" * 1_000_000)]).strip(),
                lines([view("user-2")]).strip(),
            ]
        )
    )
    array = tmp_path / "array"
    array.write_text(f"[{json.dumps(view('user-3'))},\n{{oops}},\n{json.dumps(view('user-4'))}")
    done = run(topic, str(mixed), str(array), str(tmp_path / "missing"), str(tmp_path))
    assert done.returncode == 2
    *reports, summary = done.stderr.splitlines()
    assert summary == "4 views acknowledged, 0 not, 12 not valid"
    beginnings = [
        f"{mixed}:3: ",
        f"{mixed}:4: not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -: 'a b' - at `$.userid`",
        f"{mixed}:5: more than 5 minutes in the future: ",
        f"{mixed}:6: ",
        f"{mixed}:7: not UTF-8 text",
        f"{mixed}:8: ",
        f"{mixed}:9: longer than 2,097,152 bytes",
        f"{mixed}:10: larger than ",
        f"{array}:2: not JSON: ",
        f"{array}:3: the array has no end",
        f"{tmp_path / 'missing'}: No such file or directory",
        f"{tmp_path}: Is a directory",
    ]
    for report, beginning in zip(reports, beginnings, strict=True):
        assert report.startswith(beginning), report
    assert {record.key for record in topic.records()} == {"user-1", "user-2", "user-3", "user-4"}


def test_a_compressed_file_that_is_cut_off_is_sent_up_to_there(topic: Topic, tmp_path: Path) -> None:
    file = tmp_path / "cut.gz"
    file.write_bytes(gzip.compress(lines(numbered(5000, users=3)))[:-2000])
    done = run(topic, str(file))
    assert done.returncode == 2
    assert f"{file}:" in done.stderr
    assert "cannot read on: Compressed file ended before the end-of-stream marker was reached" in done.stderr
    sent = topic.records()
    assert len(sent) == acknowledged(done.stderr) > 4000
    assert {record.event["number"] for record in sent} == set(range(len(sent)))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]"])
def test_nothing_to_send_is_no_error(topic: Topic, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "empty").write_bytes(content)
    done = run(topic, "--loop", str(tmp_path / "empty"))
    assert (done.returncode, done.stderr) == (0, "0 views acknowledged, 0 not, 0 not valid\n")


def test_it_runs_from_any_folder(topic: Topic, tmp_path: Path) -> None:
    write(tmp_path / "views", [view()])
    done = run(topic, "views", folder=tmp_path)
    assert (done.returncode, topic.count()) == (0, 1), done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: FILE"),
        (["--rate", "0", "x"], "'0' is not a number of events a second above 0"),
        (["--rate", "nan", "x"], "'nan' is not a number of events a second above 0"),
        (["--loop", "-"], "--loop sends files again: standard input can be read only once"),
    ],
)
def test_what_makes_no_sense_is_said_with_the_usage(arguments: list[str], sentence: str) -> None:
    nowhere = Topic({"VITRINE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    done = run(nowhere, *arguments)
    assert (done.returncode, done.stderr[:6]) == (2, "usage:")
    assert sentence in done.stderr


def test_a_hundred_thousand_views_of_the_usual_shape_arrive_once(topic: Topic, tmp_path: Path) -> None:
    chance = random.Random(3)
    views = [
        view(f"user-{chance.randint(0, 500)}", properties={"productid": f"product-{chance.randint(0, 999)}"})
        for _ in range(100_000)
    ]
    done = run(topic, write(tmp_path / "product-views.json", views))
    assert (done.returncode, acknowledged(done.stderr)) == (0, 100_000)
    assert_each_user_s_views_are_there(topic, views)


def test_views_made_of_real_orders_arrive_once(topic: Topic, real_data: Path, tmp_path: Path) -> None:
    file = real_data / "hepsiburada_case" / "orders.jsonl.gz"
    with gzip.open(file) as orders:
        views = [
            view(order["userid"], properties={"productid": item["productid"]})
            for order in map(json.loads, orders)
            for item in order["lineitems"]
        ]
    done = run(topic, write(tmp_path / "product-views.json", views))
    assert (done.returncode, acknowledged(done.stderr)) == (0, len(views))
    assert_each_user_s_views_are_there(topic, views)


def test_real_orders_are_no_views_and_each_is_reported(topic: Topic, real_data: Path) -> None:
    file = real_data / "hepsiburada_case" / "orders.jsonl.gz"
    done = run(topic, str(file))
    *reports, summary = done.stderr.splitlines()
    assert (done.returncode, summary) == (2, "0 views acknowledged, 0 not, 20,000 not valid")
    for number, report in enumerate(reports, 1):
        assert report.startswith(f"{file}:{number}: ")
    assert topic.count() == 0


def assert_each_user_s_views_are_there(topic: Topic, views: list[dict[str, object]]) -> None:
    """Exactly once, in order, with increasing times."""
    expected: dict[str, list[object]] = {}
    for each in views:
        expected.setdefault(str(each["userid"]), []).append(each)
    found = topic.by_user()
    assert {user: [record.event for record in records] for user, records in found.items()} == expected
    assert all(times_increase(records) for records in found.values())
