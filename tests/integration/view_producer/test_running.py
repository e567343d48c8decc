"""The process as it runs: its rate, its rounds, its signals, its progress bar, and Kafka going away."""

import os
import pty
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_stack.stack import LocalStack
from tests.integration.view_producer.running import (
    COMMAND,
    Running,
    acknowledged,
    environment,
    lines,
    run,
    view,
    write,
)
from tests.integration.view_producer.topic import Record, Topic
from tests.waiting import wait_until

NOWHERE = Topic({"VITRINE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})


def numbered(count: int) -> list[dict[str, object]]:
    return [view(f"user-{number % 10}", number=number) for number in range(count)]


def numbers(records: list[Record]) -> list[int]:
    return sorted(record.event["number"] for record in records)


def wait_for_start(topic: Topic, producer: Running) -> None:
    """Until the first views have arrived."""

    def has_arrived() -> bool:
        assert producer.process.poll() is None, producer.said
        return topic.count() > 0

    wait_until(has_arrived, what="no view has arrived")


# ---- rate and rounds


@pytest.mark.parametrize("rate", ["2.5", "400"])
def test_views_are_sent_at_the_rate(topic: Topic, tmp_path: Path, rate: str) -> None:
    file = write(tmp_path / "views", numbered(20_000))
    with Running(topic, tmp_path, "--rate", rate, file) as producer:
        wait_for_start(topic, producer)
        before, began = topic.count(), time.monotonic()
        time.sleep(4)
        count, seconds = topic.count() - before, time.monotonic() - began
    assert count == pytest.approx(float(rate) * seconds, rel=0.3, abs=2)


def test_every_round_but_the_first_sends_new_views(topic: Topic, tmp_path: Path) -> None:
    views = [
        view("user-1", number=0, large=10**30),
        view("user-2", number=1, timestamp="2026-09-01T10:00:00Z"),
        view("user-1", number=2, timestamp="2026-09-01T10:00:00Z"),
    ]
    began = int(time.time() * 1000)
    with Running(topic, tmp_path, "--loop", "--rate", "100", write(tmp_path / "views", views)) as producer:
        wait_for_start(topic, producer)
        wait_until(lambda: topic.count() > 30, what=lambda: f"{topic.count()} views")
        assert producer.end_after(signal.SIGINT) == 130
    users = topic.by_user()
    assert [record.event for record in (*users["user-1"][:2], *users["user-2"][:1])] == [views[0], views[2], views[1]]
    later = [*users["user-1"][2:], *users["user-2"][1:]]
    ids = {record.event["messageid"] for record in later}
    assert len(ids) == len(later) == acknowledged(producer.said) - 3
    assert not ids & {each["messageid"] for each in views}
    for records in (users["user-1"][2:], users["user-2"][1:]):
        times = [record.time for record in records]
        assert times == sorted(set(times))
        assert times[0] >= began
    for record in later:
        original = views[record.event["number"]]
        assert record.event == {
            **{name: value for name, value in original.items() if name != "timestamp"},
            "messageid": record.event["messageid"],
        }


def test_a_mistake_is_reported_in_the_first_round_only(topic: Topic, tmp_path: Path) -> None:
    file = write(tmp_path / "views", [view(), view("a b")])
    with Running(topic, tmp_path, "--loop", "--rate", "100", file) as producer:
        wait_for_start(topic, producer)
        wait_until(lambda: topic.count() > 10, what=lambda: f"{topic.count()} views")
        producer.end_after(signal.SIGINT)
    assert producer.said.count(f"{file}:2: ") == 1
    assert producer.said.endswith(" 1 not valid\n")


def test_rounds_end_when_the_file_is_gone(topic: Topic, tmp_path: Path) -> None:
    file = write(tmp_path / "views", numbered(5))
    with Running(topic, tmp_path, "--loop", "--rate", "20", file) as producer:
        wait_for_start(topic, producer)
        Path(file).unlink()
        assert producer.process.wait(120) == 2
    assert producer.said.count(f"{file}: No such file or directory\n") == 1


# ---- signals


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("rate", [(), ("--rate", "0.1")])
def test_an_interrupted_run_flushes(topic: Topic, tmp_path: Path, signal_number: int, rate: tuple[str, ...]) -> None:
    file = write(tmp_path / "views", numbered(2000))
    with Running(topic, tmp_path, *rate, "--loop", file) as producer:
        wait_for_start(topic, producer)
        began = time.monotonic()
        assert producer.end_after(signal_number) == 130
        assert time.monotonic() - began < 5
    assert acknowledged(producer.said) == topic.count() > 0
    assert "Traceback" not in producer.said


# ---- Kafka away


def test_without_kafka_one_sentence_says_so_unless_interrupted(tmp_path: Path) -> None:
    file = write(tmp_path / "views", [view()])
    with Running(NOWHERE, tmp_path, file) as interrupted:
        time.sleep(2)
        interrupted.process.send_signal(signal.SIGINT)
        done = run(NOWHERE, file)
        assert interrupted.process.wait(120) == 130
    assert interrupted.said == ""
    assert done.returncode == 1
    assert done.stderr.startswith("view_producer: Kafka: ")
    assert done.stderr.endswith("is it running at 127.0.0.1:1 (VITRINE_KAFKA_BOOTSTRAP_SERVERS)?\n")
    assert done.stderr.count("\n") == 1


def test_a_malformed_setting_is_one_sentence(tmp_path: Path) -> None:
    done = run(Topic({"VITRINE_KAFKA_BOOTSTRAP_SERVERS": ""}), write(tmp_path / "views", [view()]))
    assert done.returncode == 1
    assert done.stderr.startswith("view_producer: VITRINE_KAFKA_BOOTSTRAP_SERVERS: ")
    assert done.stderr.count("\n") == 1


@contextmanager
def kafka_stopped(stack: LocalStack) -> Iterator[None]:
    stack.stop("kafka")
    try:
        yield
    finally:
        stack.start("kafka")


def test_a_broker_that_is_away_for_a_while_is_waited_for(topic: Topic, stack: LocalStack, tmp_path: Path) -> None:
    file = write(tmp_path / "views", numbered(20_000))
    with Running(topic, tmp_path, "--rate", "3000", file) as producer:
        wait_for_start(topic, producer)
        with kafka_stopped(stack):
            wait_until(lambda: "Kafka is away" in producer.said, what=lambda: producer.said)
            time.sleep(3)
            assert producer.process.poll() is None
        assert producer.process.wait(120) == 0
    assert producer.said.count("Kafka is away") == 1
    assert acknowledged(producer.said) == 20_000
    assert_in_order_exactly_once(topic, 20_000)


def test_a_broker_that_is_killed_under_load_has_each_view_once(topic: Topic, stack: LocalStack, tmp_path: Path) -> None:
    file = write(tmp_path / "views", numbered(200_000))
    with Running(topic, tmp_path, file) as producer:
        wait_for_start(topic, producer)
        stack.kill("kafka")
        assert producer.process.poll() is None
        stack.start("kafka")
        assert producer.process.wait(120) == 0, producer.said
    assert acknowledged(producer.said) == 200_000
    assert_in_order_exactly_once(topic, 200_000)


def test_who_interrupts_without_kafka_is_told_what_is_missing(topic: Topic, stack: LocalStack, tmp_path: Path) -> None:
    with Running(topic, tmp_path, "--rate", "1000", write(tmp_path / "views", numbered(100_000))) as producer:
        wait_for_start(topic, producer)
        with kafka_stopped(stack):
            wait_until(lambda: "Kafka is away" in producer.said, what=lambda: producer.said)
            producer.process.send_signal(signal.SIGINT)
            wait_until(
                lambda: "views wait for Kafka's acknowledgement; Ctrl-C again gives them up" in producer.said,
                what=lambda: producer.said,
            )
            assert producer.end_after(signal.SIGINT) == 1
    assert producer.said.endswith("view_producer: Kafka: no acknowledgement yet\n")
    assert 0 < acknowledged(producer.said) <= topic.count()


def assert_in_order_exactly_once(topic: Topic, count: int) -> None:
    users = topic.by_user()
    assert numbers([record for records in users.values() for record in records]) == list(range(count))
    for records in users.values():
        assert numbers(records) == [record.event["number"] for record in records]


# ---- progress


def on_a_terminal(topic: Topic, *arguments: str) -> tuple[int, str]:
    """The exit status, and what a person saw."""
    terminal, other_end = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 200))
    process = subprocess.Popen([*COMMAND, *arguments], env=environment(topic), stderr=other_end)
    os.close(other_end)
    shown = b""
    try:
        while chunk := os.read(terminal, 10_000):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(terminal)
    return process.wait(120), shown.decode()


def test_a_terminal_shows_the_progress_of_each_file(topic: Topic, tmp_path: Path) -> None:
    first = write(tmp_path / "first", [*numbered(1500), view("a b")])
    second = write(tmp_path / "second", numbered(3))
    status, shown = on_a_terminal(topic, first, second)
    assert status == 2
    for file in (first, second):
        assert f"{file}: 100%|" in shown
    assert f"{first}:1501: not 1 to 128 characters" in shown
    assert shown.endswith("1,503 views acknowledged, 0 not, 1 not valid\r\n")


def test_the_bar_moves_at_a_low_rate_too(topic: Topic, tmp_path: Path) -> None:
    status, shown = on_a_terminal(topic, "--rate", "3", write(tmp_path / "views", numbered(6)))
    assert status == 0
    assert len({line for line in shown.split("\r") if "%|" in line}) > 2


def test_a_pipe_is_read_to_its_end_on_a_terminal_too(topic: Topic, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"cat > {pipe}"], stdin=subprocess.PIPE) as writer:
        assert writer.stdin
        writer.stdin.write(lines(numbered(250)))
        writer.stdin.close()
        status, shown = on_a_terminal(topic, str(pipe))
    assert (status, topic.count()) == (0, 250)
    assert shown == "250 views acknowledged, 0 not, 0 not valid\r\n"


def test_there_is_no_bar_where_nobody_looks(topic: Topic, tmp_path: Path) -> None:
    done = run(topic, write(tmp_path / "views", numbered(2500)))
    assert done.stderr == "2,500 views acknowledged, 0 not, 0 not valid\n"
