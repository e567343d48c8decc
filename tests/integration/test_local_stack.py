"""The local stack on real servers: what survives, what is restarted, what is said."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

import local_stack.stack
from local_stack.kafka import kafka
from local_stack.stack import LocalStack, temporary_settings
from tests.waiting import wait_until
from vitrine.errors import StackError
from vitrine.settings import StackSettings

SERVERS = ["kafka", "cassandra", "postgres", "valkey"]


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack that these tests may stop and kill, beside the one that all tests share."""
    running = LocalStack(temporary_settings(tmp_path_factory.mktemp("own")))
    running.up(processes=False)
    yield running
    running.clean()


def test_two_stacks_run_side_by_side(stack: LocalStack, own_stack: LocalStack) -> None:
    create_topic(own_stack, "only-here")
    assert "only-here" in topics(own_stack)
    assert "only-here" not in topics(stack)


def test_a_second_up_changes_nothing(own_stack: LocalStack) -> None:
    before = process_ids(own_stack)
    own_stack.up(processes=False)
    assert process_ids(own_stack) == before


def test_up_with_other_settings_is_refused(own_stack: LocalStack) -> None:
    other = own_stack.settings.model_copy(update={"stack_kafka_heap_mb": 300})
    with pytest.raises(StackError, match="other settings"):
        LocalStack(other).up(processes=False)


def test_what_was_stored_survives_down_and_up(own_stack: LocalStack) -> None:
    create_topic(own_stack, "kept")
    own_stack.down()
    assert {status.state for status in own_stack.status()} == {"STOPPED"}
    own_stack.up(processes=False)
    assert "kept" in topics(own_stack)
    assert databases(own_stack) >= {"vitrine_shop"}


@pytest.mark.parametrize("name", SERVERS)
def test_a_killed_server_comes_back_by_itself(own_stack: LocalStack, name: str) -> None:
    before = process_ids(own_stack)[name]
    own_stack.kill(name)
    wait_until(
        lambda: state(own_stack, name) == "RUNNING" and process_ids(own_stack)[name] != before,
        what=f"{name} is not back",
    )
    own_stack.start(name)


def test_a_stopped_server_stays_stopped_until_it_is_started(own_stack: LocalStack) -> None:
    own_stack.stop("postgres")
    own_stack.stop("postgres")
    assert state(own_stack, "postgres") == "STOPPED"
    with pytest.raises(psycopg2.OperationalError):
        databases(own_stack)
    own_stack.start("postgres")
    assert databases(own_stack)


def test_postgres_stops_while_clients_are_connected(own_stack: LocalStack) -> None:
    with closing(connection(own_stack)):
        began = time.monotonic()
        own_stack.stop("postgres")
        assert time.monotonic() - began < 10
    own_stack.start("postgres")


def test_up_copes_with_what_a_killed_supervisor_left_behind(own_stack: LocalStack) -> None:
    orphans = process_ids(own_stack)
    os.kill(supervisor_id(own_stack), signal.SIGKILL)
    wait_until(lambda: state(own_stack, "kafka") == "STOPPED", what="the supervisor does not end")
    assert all(psutil.pid_exists(orphan) for orphan in orphans.values())
    own_stack.up(processes=False)
    assert not set(orphans.values()) & set(process_ids(own_stack).values())
    assert "kept" in topics(own_stack)


def test_servers_listen_on_this_machine_alone(own_stack: LocalStack) -> None:
    listening = [
        found.laddr.ip
        for process_id in process_ids(own_stack).values()
        for found in psutil.Process(process_id).net_connections("inet")
        if found.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 5
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_name_that_is_no_process_is_refused_with_those_that_are(own_stack: LocalStack) -> None:
    with pytest.raises(StackError, match="view-consumer"):
        own_stack.stop("zookeeper")


def test_a_server_that_cannot_start_is_named_with_its_log(tmp_path: Path) -> None:
    broken = LocalStack(temporary_settings(tmp_path))
    (tmp_path / "cassandra").mkdir()
    (tmp_path / "cassandra" / "data").write_text("not a folder")
    with pytest.raises(StackError, match=r"(?s)cassandra ends instead of starting.*cassandra/data"):
        broken.up(processes=False)
    assert {status.state for status in broken.status()} == {"STOPPED"}
    assert not (tmp_path / "supervisord.pid").exists()
    broken.clean()


def test_a_failed_start_ends_the_other_starts_and_says_one_thing(tmp_path: Path) -> None:
    said: list[str] = []
    broken = LocalStack(temporary_settings(tmp_path), said.append)
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "data").write_text("not a folder")
    threads = threading.active_count()
    with pytest.raises(StackError) as failure:
        broken.up(processes=False)
    assert threading.active_count() == threads
    assert processes_with(str(tmp_path)) == []
    assert str(failure.value).startswith("Kafka's data folder cannot be formatted: ")
    assert failure.value.__context__ is None
    assert not [line for line in said if "could not be stopped" in line]
    broken.clean()
    assert not tmp_path.exists()


def test_a_cluster_id_may_begin_with_a_dash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid5", lambda *_: uuid.UUID(bytes=b"\xfb" * 16))
    kafka(temporary_settings(tmp_path)).prepare()
    assert "cluster.id=-_v7" in (tmp_path / "kafka/data/meta.properties").read_text()


def test_clean_copes_with_files_that_vanish_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    files = [folder / f"file-{number:05}" for number in range(20_000)]
    folder.mkdir()
    for file in files:
        file.touch()
    # The last one first, while clean() removes them as they come: they meet.
    remover = threading.Thread(target=remove, args=[reversed(files)])
    remover.start()
    LocalStack(temporary_settings(tmp_path)).clean()
    remover.join()
    assert not folder.exists()


def test_a_consumer_without_cassandra_is_not_called_healthy(
    own_stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_stack.stop("cassandra")
    monkeypatch.setattr(local_stack.stack, "HEALTHY_WITHIN_SECONDS", 6)
    with pytest.raises(StackError, match="view-consumer is not healthy"):
        own_stack.start("view-consumer")
    monkeypatch.undo()
    own_stack.start("cassandra")
    own_stack.start("view-consumer")


def test_clean_removes_its_own_files_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "kafka").mkdir(parents=True)
    (folder / "letter.txt").write_text("mine")
    LocalStack(temporary_settings(folder)).clean()
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_status_of_a_stack_that_is_down_says_so(tmp_path: Path) -> None:
    done = run_command(temporary_settings(tmp_path), "status", "--json")
    assert done.returncode == 3
    shown = json.loads(done.stdout)
    assert [each["name"] for each in shown] == [
        *SERVERS,
        "api",
        "view-consumer",
        "view-learner",
        "watcher",
        "dashboard",
        "sample-views",
        "sample-market",
    ]
    assert {each["state"] for each in shown} == {"STOPPED"}
    assert all(set(each) == {"name", "state", "url"} for each in shown)


def test_down_of_a_stack_that_is_down_is_no_error(tmp_path: Path) -> None:
    assert run_command(temporary_settings(tmp_path), "down").returncode == 0


def test_a_taken_port_is_one_clear_sentence(stack: LocalStack, tmp_path: Path) -> None:
    taken = stack.settings.stack_kafka_port
    settings = temporary_settings(tmp_path).model_copy(update={"stack_kafka_port": taken})
    done = run_command(settings, "up")
    assert done.returncode == 1
    assert done.stderr.startswith(f"local_stack: port {taken}, which Kafka needs, is taken by ")
    assert done.stderr.count("\n") == 1


def test_a_data_folder_that_is_none_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = run_command(temporary_settings(tmp_path / "file"), "up")
    assert done.returncode == 1
    assert done.stderr.startswith("local_stack: ")
    assert str(tmp_path / "file") in done.stderr
    assert done.stderr.count("\n") == 1


def run_command(settings: StackSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {f"VITRINE_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    command = [sys.executable, "-m", "local_stack", *arguments]
    return subprocess.run(command, env=os.environ | given, capture_output=True, text=True, check=False)


def process_ids(stack: LocalStack) -> dict[str, int]:
    """By name, of the servers that are running."""
    children = psutil.Process(supervisor_id(stack)).children()
    return {child.environ()["SUPERVISOR_PROCESS_NAME"]: child.pid for child in children}


def remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def processes_with(argument: str) -> list[list[str]]:
    """The command lines of those that work with a folder."""
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if argument in " ".join(process.info["cmdline"] or [])
    ]


def supervisor_id(stack: LocalStack) -> int:
    return int((stack.settings.stack_data_folder / "supervisord.pid").read_text())


def state(stack: LocalStack, name: str) -> str:
    return next(status.state for status in stack.status() if status.name == name)


def create_topic(stack: LocalStack, name: str) -> None:
    kafka = AdminClient({"bootstrap.servers": stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"]})
    kafka.create_topics([NewTopic(name, 1, 1)])[name].result(120)


def topics(stack: LocalStack) -> set[str]:
    kafka = AdminClient({"bootstrap.servers": stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"]})
    return set(kafka.list_topics(timeout=120).topics)


def connection(stack: LocalStack) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host="127.0.0.1", port=stack.settings.stack_postgres_port, user="postgres", dbname="postgres"
    )


def databases(stack: LocalStack) -> set[str]:
    with closing(connection(stack)) as connected, connected.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {str(name) for (name,) in cursor.fetchall()}
