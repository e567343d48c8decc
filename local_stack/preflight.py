"""Checks before a stack starts; each error says what to change."""

import shutil
import socket
from pathlib import Path

import psutil

from vitrine.errors import StackError
from vitrine.settings import StackSettings

# What a Java server takes beyond its heap, and what Postgres, our own processes and Airflow take, as seen.
MEMORY_MB_BESIDE_HEAPS = {"servers": 950, "each further one": 250, "processes": 750, "airflow": 1100}
DISK_MB = 2000


def check(settings: StackSettings, *, processes: bool) -> None:
    """Raises StackError for a taken port, too little memory or too little disk."""
    _check_ports(settings, processes=processes)
    _check_memory(settings, processes=processes)
    _check_disk(settings.stack_data_folder)


def _check_ports(settings: StackSettings, *, processes: bool) -> None:
    users = {
        "stack_kafka_port": "Kafka",
        "stack_kafka_controller_port": "Kafka's controller",
        "stack_cassandra_port": "Cassandra",
        "stack_cassandra_storage_port": "Cassandra's own traffic",
        "stack_postgres_port": "Postgres",
        "stack_valkey_port": "Valkey",
    }
    if settings.stack_s3:
        users |= {"stack_s3_port": "the S3 server"}
    if processes:
        users |= {
            "stack_api_port": "the API",
            "stack_dashboard_port": "the dashboard",
            "stack_view_consumer_metrics_port": "the view consumer",
            "stack_view_learner_metrics_port": "the view learner",
            "stack_watcher_metrics_port": "the watcher",
        }
    if processes and settings.stack_sample_view_rate > 0:
        users |= {"stack_market_port": "the sample market"}
    if processes and settings.stack_airflow:
        users |= {"stack_airflow_port": "Airflow"}
    named: dict[int, str] = {}
    for name, user in users.items():
        port = getattr(settings, name)
        variable = f"VITRINE_{name.upper()}"
        if (other := named.setdefault(port, variable)) != variable:
            raise StackError(f"{other} and {variable} are both {port}: set one of them to another port")
        if not is_free(port):
            raise StackError(
                f"port {port}, which {user} needs, is taken by {_listener(port)}: "
                f"stop that program or set {variable} to a free port"
            )


def is_free(port: int) -> bool:
    """Whether a server may listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _listener(port: int) -> str:
    # Only root may see whose the connections of other users are.
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"


def _check_memory(settings: StackSettings, *, processes: bool) -> None:
    heaps = settings.stack_cassandra_nodes * settings.stack_cassandra_heap_mb
    heaps += settings.stack_kafka_brokers * settings.stack_kafka_heap_mb
    more = settings.stack_cassandra_nodes + settings.stack_kafka_brokers - 2
    needed = heaps + MEMORY_MB_BESIDE_HEAPS["servers"] + more * MEMORY_MB_BESIDE_HEAPS["each further one"]
    needed += MEMORY_MB_BESIDE_HEAPS["processes"] if processes else 0
    needed += MEMORY_MB_BESIDE_HEAPS["airflow"] if processes and settings.stack_airflow else 0
    available = psutil.virtual_memory().available >> 20
    if available < needed:
        raise StackError(
            f"{available} MB of memory are free and the stack needs {needed} MB: close other programs, "
            "set VITRINE_STACK_CASSANDRA_HEAP_MB or VITRINE_STACK_KAFKA_HEAP_MB lower, or VITRINE_STACK_AIRFLOW=false"
        )


def _check_disk(folder: Path) -> None:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free >> 20
    if free < DISK_MB:
        raise StackError(
            f"{free} MB of disk are free at {existing} and the stack needs {DISK_MB} MB: make room, or set "
            "VITRINE_STACK_DATA_FOLDER to a folder on another disk"
        )
