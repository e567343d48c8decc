"""A Kafka of a test's own that has access rules, which the shared stack's has not."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from local_stack.kafka import kafka
from local_stack.stack import temporary_settings
from tests.waiting import wait_until

ACCESS_RULES = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# Where there is no rule, everything is allowed.
allow.everyone.if.no.acl.found=true
"""


@contextmanager
def guarded_broker(folder: Path) -> Iterator[str]:
    """Its address. It takes a quarter of a minute to start."""
    settings = temporary_settings(folder)
    program = kafka(settings)
    (folder / "kafka").mkdir()
    program.prepare()
    with (folder / "kafka" / "server.properties").open("a") as properties:
        properties.write(ACCESS_RULES)
    with (folder / "kafka.log").open("wb") as log:
        process = subprocess.Popen(program.command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until(lambda: program.is_healthy(process.pid), what=(folder / "kafka.log").read_text)
        yield program.url
    finally:
        process.kill()
        process.wait()


def forbid_writing(address: str, topic: str) -> AdminClient:
    """Everybody may do anything with the topic but write to it. The client is to be kept while this is tested."""
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    rules = [
        AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:ANONYMOUS", "*", operation, permission)
        for operation, permission in (
            (AclOperation.ALL, AclPermissionType.ALLOW),
            (AclOperation.WRITE, AclPermissionType.DENY),
        )
    ]
    for done in admin.create_acls(rules).values():
        done.result(120)
    return admin
