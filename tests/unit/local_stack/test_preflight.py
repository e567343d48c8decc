"""Each complaint before a start names what is wrong and what to change."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack import preflight
from local_stack.stack import temporary_settings
from vitrine.errors import StackError
from vitrine.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return temporary_settings(tmp_path)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_nothing_is_said_where_all_is_well(settings: StackSettings) -> None:
    preflight.check(settings, processes=False)


def test_a_taken_port_is_named(settings: StackSettings, taken_port: int) -> None:
    changed = settings.model_copy(update={"stack_cassandra_port": taken_port})
    with pytest.raises(StackError, match=rf"{taken_port}.*Cassandra.*VITRINE_STACK_CASSANDRA_PORT"):
        preflight.check(changed, processes=False)


def test_the_port_of_the_api_matters_only_with_our_processes(settings: StackSettings, taken_port: int) -> None:
    changed = settings.model_copy(update={"stack_api_port": taken_port})
    preflight.check(changed, processes=False)
    with pytest.raises(StackError, match="VITRINE_STACK_API_PORT"):
        preflight.check(changed, processes=True)


def test_the_port_of_airflow_matters_only_where_airflow_runs(settings: StackSettings, taken_port: int) -> None:
    changed = settings.model_copy(update={"stack_airflow_port": taken_port})
    preflight.check(changed, processes=True)
    preflight.check(changed.model_copy(update={"stack_airflow": True}), processes=False)
    with pytest.raises(StackError, match=rf"{taken_port}.*Airflow.*VITRINE_STACK_AIRFLOW_PORT"):
        preflight.check(changed.model_copy(update={"stack_airflow": True}), processes=True)


def test_one_port_for_two_servers_is_named(settings: StackSettings) -> None:
    changed = settings.model_copy(update={"stack_cassandra_port": settings.stack_kafka_port})
    with pytest.raises(StackError, match=r"VITRINE_STACK_KAFKA_PORT.*VITRINE_STACK_CASSANDRA_PORT"):
        preflight.check(changed, processes=False)


def test_too_little_memory_is_said(settings: StackSettings) -> None:
    changed = settings.model_copy(update={"stack_cassandra_heap_mb": 100_000_000})
    with pytest.raises(StackError, match=r"memory.*VITRINE_STACK_CASSANDRA_HEAP_MB"):
        preflight.check(changed, processes=False)


def test_too_little_disk_is_said(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "DISK_MB", 10**12)
    with pytest.raises(StackError, match=r"disk.*VITRINE_STACK_DATA_FOLDER"):
        preflight.check(settings, processes=False)
