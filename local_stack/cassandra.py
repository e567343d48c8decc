"""Cassandra, one node."""

import socket
from pathlib import Path

from local_stack import jars, java
from local_stack.programs import Program
from vitrine.settings import StackSettings

# The native protocol's OPTIONS request, version 4, and the opcode of its answer SUPPORTED.
OPTIONS_REQUEST = bytes.fromhex("04 00 0000 05 00000000")
SUPPORTED = 6


def cassandra(settings: StackSettings) -> Program:
    """The node; healthy when its CQL port answers OPTIONS. SIGTERM drains it."""
    folder = settings.stack_data_folder / "cassandra"
    return Program(
        name="cassandra",
        command=_command(settings, folder),
        url=f"127.0.0.1:{settings.stack_cassandra_port}",
        is_healthy=lambda _: _answers(settings.stack_cassandra_port),
        prepare=lambda: _prepare(settings, folder),
        stop_within_seconds=60,
    )


def _command(settings: StackSettings, folder: Path) -> tuple[str, ...]:
    class_path = jars.files(settings.stack_jars_folder, "cassandra")
    jamm = next(jar for jar in class_path if jar.name.startswith("jamm-"))
    return java.command(
        settings.stack_cassandra_heap_mb,
        class_path,
        "org.apache.cassandra.service.CassandraDaemon",
        f"@{java.CONF_FOLDER / 'cassandra-jvm17.options'}",
        f"-javaagent:{jamm}",
        f"-Dcassandra.config={(folder / 'cassandra.yaml').as_uri()}",
        f"-Dcassandra.storagedir={folder}",
        f"-Dcassandra.logdir={settings.stack_data_folder / 'logs'}",
        f"-Dlogback.configurationFile={java.CONF_FOLDER / 'cassandra-logback.xml'}",
    )


def _prepare(settings: StackSettings, folder: Path) -> None:
    java.write_configuration(
        "cassandra.yaml",
        folder / "cassandra.yaml",
        port=settings.stack_cassandra_port,
        storage_port=settings.stack_cassandra_storage_port,
        **{name: folder / name for name in ("data", "commitlog", "hints", "saved_caches", "cdc")},
    )


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(OPTIONS_REQUEST)
            answer = connection.recv(9)
    except OSError:
        return False
    return len(answer) == 9 and answer[4] == SUPPORTED
