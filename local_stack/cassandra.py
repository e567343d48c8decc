"""Cassandra: one node, or several."""

import socket
from pathlib import Path

from local_stack import jars, java
from local_stack.members import addresses, name_of
from local_stack.programs import Program
from vitrine.settings import StackSettings

# The native protocol's OPTIONS request, version 4, and the opcode of its answer SUPPORTED.
OPTIONS_REQUEST = bytes.fromhex("04 00 0000 05 00000000")
SUPPORTED = 6
# A node alone has no others to hear of, or to tell that it goes.
WITHOUT_PEERS = (
    "-Dcassandra.ring_delay_ms=100",
    "-Dcassandra.skip_wait_for_gossip_to_settle=0",
    "-Dcassandra.shutdown_announce_in_ms=0",
)


def cassandra(settings: StackSettings, number: int = 1) -> Program:
    """The node of this number, from 1; healthy when its CQL port answers OPTIONS. SIGTERM drains it."""
    name = name_of("cassandra", number, settings.stack_cassandra_nodes)
    address, port = addresses(number)[-1], settings.stack_cassandra_port
    folder = settings.stack_data_folder / name
    return Program(
        name=name,
        command=_command(settings, folder),
        url=f"{address}:{port}",
        is_healthy=lambda _: _answers(address, port),
        prepare=lambda: _prepare(settings, address, folder),
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
        *(WITHOUT_PEERS if settings.stack_cassandra_nodes == 1 else ()),
        f"-javaagent:{jamm}",
        f"-Dcassandra.config={(folder / 'cassandra.yaml').as_uri()}",
        f"-Dcassandra.storagedir={folder}",
        f"-Dcassandra.logdir={settings.stack_data_folder / 'logs'}",
        f"-Dlogback.configurationFile={java.CONF_FOLDER / 'cassandra-logback.xml'}",
    )


def _prepare(settings: StackSettings, address: str, folder: Path) -> None:
    storage_port = settings.stack_cassandra_storage_port
    java.write_configuration(
        "cassandra.yaml",
        folder / "cassandra.yaml",
        address=address,
        seeds=",".join(f"{host}:{storage_port}" for host in addresses(settings.stack_cassandra_nodes)),
        port=settings.stack_cassandra_port,
        storage_port=storage_port,
        **{name: folder / name for name in ("data", "commitlog", "hints", "saved_caches", "cdc")},
    )


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            connection.sendall(OPTIONS_REQUEST)
            answer = connection.recv(9)
    except OSError:
        return False
    return len(answer) == 9 and answer[4] == SUPPORTED
