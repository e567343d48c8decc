"""Kafka over TLS with a password, as every client of ours reaches it."""

import logging
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from pydantic import SecretStr

from benchmarks.views import publish_views
from local_stack.kafka import kafka
from local_stack.stack import free_ports, temporary_settings
from tests.certificates import Pair
from tests.integration.transport.conftest import Certificates
from tests.waiting import wait_until
from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming import GroupReader, Selection, ViewPublisher, ensure_topics, open_letters, settle

USER, PASSWORD = "vitrine", "of-the-broker"
VIEW = b'{"event":"ProductView"}'
LISTENERS = ("good", "expired", "other", "mutual")
LISTENER = """
listener.name.{name}.ssl.keystore.type=PEM
listener.name.{name}.ssl.keystore.certificate.chain={certificate}
listener.name.{name}.ssl.keystore.key={key}
listener.name.{name}.ssl.truststore.type=PEM
listener.name.{name}.ssl.truststore.certificates={authority}
listener.name.{name}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_{user}="{password}";
listener.name.{name}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"""

Addresses = dict[str, str]


@pytest.fixture(scope="module")
def broker(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with broker_with_tls(tmp_path_factory.mktemp("kafka"), certificates) as addresses:
        yield addresses


@contextmanager
def broker_with_tls(folder: Path, certificates: Certificates) -> Iterator[Addresses]:
    """The address of each listener. `mutual` asks for a certificate, the others for a password; each shows its own."""
    settings = temporary_settings(folder)
    program = kafka(settings)
    (folder / "kafka").mkdir()
    program.prepare()
    addresses = {name: f"127.0.0.1:{port}" for name, port in zip(LISTENERS, free_ports(), strict=False)}
    with (folder / "kafka" / "server.properties").open("a") as properties:
        properties.write(_listeners(program.url, settings.stack_kafka_controller_port, addresses, certificates))
    with (folder / "kafka.log").open("wb") as log:
        process = subprocess.Popen(program.command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until(lambda: program.is_healthy(process.pid), what=(folder / "kafka.log").read_text)
        _make_user(program.url)
        yield addresses
    finally:
        process.kill()
        process.wait()


def _listeners(plain: str, controller_port: int, addresses: Addresses, certificates: Certificates) -> str:
    ours = [f"PLAINTEXT://{plain}", *(f"{name.upper()}://{address}" for name, address in addresses.items())]
    pairs = {"expired": certificates.expired, "other": certificates.of_another_host}
    return "\n".join(
        [
            "",
            f"listeners={','.join(ours)},CONTROLLER://127.0.0.1:{controller_port}",
            f"advertised.listeners={','.join(ours)}",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,GOOD:SASL_SSL,EXPIRED:SASL_SSL,"
            "OTHER:SASL_SSL,MUTUAL:SSL",
            "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512",
            "listener.name.mutual.ssl.client.auth=required",
            *(_listener(name, pairs.get(name, certificates.server), certificates.authority.file) for name in LISTENERS),
        ]
    )


def _listener(name: str, pair: Pair, authority: Path) -> str:
    files = {"certificate": pair.certificate, "key": pair.key, "authority": authority}
    texts = {kind: file.read_text().replace("\n", "\\n") for kind, file in files.items()}
    return LISTENER.format(name=name, user=USER, password=PASSWORD, **texts)


def _make_user(address: str) -> None:
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    information = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    made = UserScramCredentialUpsertion(USER, information, PASSWORD.encode())
    for done in admin.alter_user_scram_credentials([made]).values():
        done.result(120)


def settings_of(address: str, certificates: Certificates, **changes: object) -> KafkaSettings:
    given: dict[str, Any] = {
        "kafka_bootstrap_servers": address,
        "kafka_security_protocol": "SASL_SSL",
        "kafka_username": USER,
        "kafka_password": SecretStr(PASSWORD),
        "kafka_ca_file": certificates.authority.file,
    }
    return KafkaSettings(**given | changes)


def read_one(settings: KafkaSettings) -> bytes | None:
    with closing(GroupReader(settings, topic=settings.views_topic, group="transport")) as reader:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if messages := reader.next_batch(0.5):
                reader.done(messages)
                return messages[-1].value()
    return None


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_a_view_goes_in_and_comes_out(broker: Addresses, certificates: Certificates, mechanism: str) -> None:
    settings = settings_of(broker["good"], certificates, kafka_sasl_mechanism=mechanism, views_topic=mechanism)
    ensure_topics(settings)
    with closing(ViewPublisher(settings)) as publisher:
        publish_views(publisher, [("user-1", VIEW)])
    assert read_one(settings) == VIEW
    # Of the clients that only ask, and of the one with transactions.
    assert list(open_letters(settings, Selection())) == []
    assert settle(settings, Selection(), "dropped").settled == 0


def test_a_certificate_of_ours_takes_the_place_of_a_password(broker: Addresses, certificates: Certificates) -> None:
    changes = {"kafka_security_protocol": "SSL", "kafka_username": None, "kafka_password": None}
    ours = {"kafka_certificate_file": certificates.client.certificate, "kafka_key_file": certificates.client.key}
    ensure_topics(settings_of(broker["mutual"], certificates, **changes, **ours))
    with pytest.raises(StreamUnavailableError, match=rf"{broker['mutual']}.*(SSL|certificate)"):
        ensure_topics(settings_of(broker["mutual"], certificates, **changes))


REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "wrong password": ("good", {"kafka_password": SecretStr("wrong")}, "Authentication failed"),
    "wrong mechanism": ("good", {"kafka_sasl_mechanism": "SCRAM-SHA-256"}, "mechanism"),
    "no TLS": (
        "good",
        {"kafka_security_protocol": "PLAINTEXT", "kafka_username": None, "kafka_password": None, "kafka_ca_file": None},
        "does not answer by PLAINTEXT",
    ),
    "expired": ("expired", {}, "certificate has expired"),
    "another host": ("other", {}, "IP address mismatch"),
}


@pytest.mark.parametrize("case", [*REFUSALS, "wrong authority"])
def test_what_is_wrong_is_said_with_the_brokers_address(
    broker: Addresses, certificates: Certificates, case: str
) -> None:
    wrong_authority = {"kafka_ca_file": certificates.stranger.file}
    listener, changes, reason = REFUSALS.get(case, ("good", wrong_authority, "unable to get local issuer"))
    settings = settings_of(broker[listener], certificates, **changes)
    with pytest.raises(StreamUnavailableError, match=f"{broker[listener]}.*({reason})") as caught:
        ensure_topics(settings)
    assert PASSWORD not in str(caught.value)


def test_a_wrong_password_is_said_in_the_log_of_those_who_wait(
    broker: Addresses, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(broker["good"], certificates, kafka_password=SecretStr("wrong"))
    with (
        caplog.at_level(logging.WARNING),
        closing(GroupReader(settings, topic=settings.views_topic, group="transport")) as reader,
    ):
        wait_until(lambda: not reader.next_batch(0.2) and bool(caplog.messages), what="it says nothing")
    assert caplog.messages[0].startswith(f"Kafka refuses the connection, or is refused: sasl_ssl://{broker['good']}")
    assert "Authentication failed" in caplog.messages[0]
    assert "wrong" not in caplog.text


def test_a_wrong_password_is_said_to_whoever_sends(broker: Addresses, certificates: Certificates) -> None:
    settings = settings_of(broker["good"], certificates, kafka_password=SecretStr("wrong"))
    with (
        closing(ViewPublisher(settings)) as publisher,
        pytest.raises(StreamUnavailableError, match="Authentication failed"),
    ):
        publish_views(publisher, [("user-1", VIEW)])
