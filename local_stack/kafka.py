"""Kafka: one node that is broker and controller, or several of them."""

import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from local_stack import jars, java
from local_stack.members import addresses, copies, name_of
from local_stack.programs import Program
from vitrine.errors import StackError
from vitrine.settings import StackSettings


def kafka(settings: StackSettings, number: int = 1) -> Program:
    """The broker of this number, from 1; healthy when it answers a request for metadata."""
    name = name_of("kafka", number, settings.stack_kafka_brokers)
    address = f"{addresses(number)[-1]}:{settings.stack_kafka_port}"
    folder = settings.stack_data_folder / name
    return Program(
        name=name,
        command=(*_java(settings, "kafka.Kafka"), str(folder / "server.properties")),
        url=address,
        is_healthy=lambda _: _answers(address),
        prepare=lambda: _prepare(settings, number, folder),
    )


def _java(settings: StackSettings, main: str) -> tuple[str, ...]:
    return java.command(
        settings.stack_kafka_heap_mb,
        jars.files(settings.stack_jars_folder, "kafka"),
        main,
        "-XX:+UseG1GC",
        "-XX:+ExitOnOutOfMemoryError",
        f"-Dlog4j2.configurationFile={java.CONF_FOLDER / 'kafka-log4j2.yaml'}",
    )


def _prepare(settings: StackSettings, number: int, folder: Path) -> None:
    hosts = addresses(settings.stack_kafka_brokers)
    copied = copies(len(hosts))
    properties = folder / "server.properties"
    java.write_configuration(
        "kafka.properties",
        properties,
        number=number,
        voters=",".join(
            f"{voter}@{host}:{settings.stack_kafka_controller_port}" for voter, host in enumerate(hosts, 1)
        ),
        address=hosts[number - 1],
        port=settings.stack_kafka_port,
        controller_port=settings.stack_kafka_controller_port,
        folder=folder.name,
        copies=copied,
        # One broker may be away.
        in_sync=max(1, copied - 1),
    )
    if not (folder / "data" / "meta.properties").exists():
        _format(settings, folder)


def _format(settings: StackSettings, folder: Path) -> None:
    """Gives the data folder its cluster id, as Kafka wants it before its first start; all brokers have the same."""
    name = str(settings.stack_data_folder.absolute())
    cluster = urlsafe_b64encode(uuid.uuid5(uuid.NAMESPACE_URL, name).bytes).decode().rstrip("=")
    # One argument: every 64th id begins with "-", and would be read as an option of its own.
    options = (f"--cluster-id={cluster}", f"--config={folder.name}/server.properties")
    command = (*_java(settings, "kafka.tools.StorageTool"), "format", *options)
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StackError(f"Kafka's data folder cannot be formatted: {done.stdout}{done.stderr}")


def _answers(address: str) -> bool:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        return bool(AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=1).brokers)
    except KafkaException:
        return False
