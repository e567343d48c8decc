"""Cassandra over TLS with a password."""

import logging
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from local_stack.cassandra import cassandra
from local_stack.stack import temporary_settings
from tests.certificates import Pair
from tests.integration.transport.conftest import Certificates
from tests.waiting import wait_until
from vitrine.errors import StorageUnavailableError
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.connection import connect
from vitrine.storage.driver.link import Link

# Both are in PEM; the first has the key and then its certificate.
SERVER = """
authenticator: PasswordAuthenticator
client_encryption_options:
  enabled: true
  require_client_auth: {asks}
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: {keystore}
  truststore: {truststore}
"""


@contextmanager
def node_with_tls(
    folder: Path, certificates: Certificates, pair: Pair, *, asks: bool, until: str = ""
) -> Iterator[int]:
    """Its port. It takes half a minute to start, and is there when it lets us in, or says `until`.

    `asks` says whether it wants a certificate of its clients.
    """
    settings = temporary_settings(folder)
    program = cassandra(settings)
    for name in ("cassandra", "logs"):
        (folder / name).mkdir()
    program.prepare()
    keystore = folder / "keystore.pem"
    keystore.write_text(pair.together)
    with (folder / "cassandra" / "cassandra.yaml").open("a") as configuration:
        configuration.write(
            SERVER.format(keystore=keystore, truststore=certificates.authority.file, asks=str(asks).lower())
        )
    with (folder / "cassandra.log").open("wb") as log:
        process = subprocess.Popen(program.command, cwd=folder, stdout=log, stderr=log)
    port = settings.stack_cassandra_port
    try:
        # It makes its superuser a while after it takes connections.
        superuser = settings_of(
            port,
            certificates,
            cassandra_check_hostname=False,
            cassandra_certificate_file=certificates.client.certificate,
            cassandra_key_file=certificates.client.key,
        )
        wait_until(lambda: _is_there(superuser, until), seconds=180, what=(folder / "cassandra.log").read_text)
        yield port
    finally:
        process.kill()
        process.wait()


def _is_there(settings: CassandraSettings, until: str) -> bool:
    said = reason_of(settings)
    return until in said if until else not said


def settings_of(port: int, certificates: Certificates, **changes: object) -> CassandraSettings:
    given: dict[str, Any] = {
        "cassandra_port": port,
        "cassandra_username": "cassandra",
        "cassandra_password": SecretStr("cassandra"),
        "cassandra_tls": True,
        "cassandra_ca_file": certificates.authority.file,
    }
    return CassandraSettings(**given | changes)


def reason_of(settings: CassandraSettings) -> str:
    """Why it lets nobody in; empty where it does."""
    try:
        connect(settings).cluster.shutdown()
    except StorageUnavailableError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def port(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with node_with_tls(tmp_path_factory.mktemp("cassandra"), certificates, certificates.server, asks=False) as found:
        yield found


def test_the_right_authority_and_password_are_let_in(port: int, certificates: Certificates) -> None:
    assert reason_of(settings_of(port, certificates)) == ""


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "wrong password": ({"cassandra_password": SecretStr("wr0ng")}, "password are incorrect"),
    "no password": ({"cassandra_password": None, "cassandra_username": None}, "requires authentication"),
    "no TLS": ({"cassandra_tls": False, "cassandra_ca_file": None}, "VITRINE_CASSANDRA_TLS"),
}


@pytest.mark.parametrize("case", [*REFUSALS, "wrong authority"])
def test_what_is_wrong_is_said_with_the_nodes_address(port: int, certificates: Certificates, case: str) -> None:
    wrong_authority = {"cassandra_ca_file": certificates.stranger.file}, "unable to get local issuer certificate"
    changes, reason = REFUSALS.get(case, wrong_authority)
    said = reason_of(settings_of(port, certificates, **changes))
    assert said.startswith("Cassandra: ")
    assert f"127.0.0.1:{port}" in said
    assert reason in said
    assert "wr0ng" not in said


def test_a_wrong_password_is_said_in_the_log_of_those_who_wait(
    port: int, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(port, certificates, cassandra_password=SecretStr("wr0ng"))
    with caplog.at_level(logging.WARNING), closing(Link(settings)) as link:
        link.keep_connecting()
        wait_until(lambda: "trying again" in caplog.text, what=lambda: caplog.text)
    ours = [message for name, _, message in caplog.record_tuples if name.startswith("vitrine")]
    assert len(ours) == 1
    assert "password are incorrect" in ours[0]


def test_a_node_wants_a_certificate_of_ours_and_is_known_by_its_address(
    certificates: Certificates, tmp_path: Path
) -> None:
    ours: dict[str, Any] = {
        "cassandra_certificate_file": certificates.client.certificate,
        "cassandra_key_file": certificates.client.key,
    }
    with node_with_tls(tmp_path, certificates, certificates.of_another_host, asks=True) as port:
        assert "IP address mismatch" in reason_of(settings_of(port, certificates, **ours))
        assert reason_of(settings_of(port, certificates, **ours, cassandra_check_hostname=False)) == ""
        assert f"127.0.0.1:{port}" in reason_of(settings_of(port, certificates, cassandra_check_hostname=False))


def test_an_expired_certificate_is_refused(certificates: Certificates, tmp_path: Path) -> None:
    expired = "certificate has expired"
    with node_with_tls(tmp_path, certificates, certificates.expired, asks=False, until=expired) as port:
        said = reason_of(settings_of(port, certificates))
    assert f"127.0.0.1:{port}: " in said
    assert expired in said
