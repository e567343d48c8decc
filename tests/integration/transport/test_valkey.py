"""Valkey over TLS with a user and a password.

The wheels of Valkey on PyPI, and so the local stack's, are built without TLS, and Debian 12 has no package of it. The
server here is Debian's Redis 7, of which Valkey is a fork: its TLS, its users and its answers are the same.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from local_stack import debian
from local_stack.stack import free_ports
from tests.certificates import Pair
from tests.integration.transport.conftest import Certificates
from tests.waiting import wait_until
from vitrine.errors import CacheUnavailableError
from vitrine.settings import ValkeySettings
from vitrine.valkey import client, client_errors

USER, PASSWORD = "vitrine", "of-the-cache"
# For a busy machine; as a rule it takes a millisecond.
SECONDS = 120


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that Debian's package is unpacked into."""
    folder = tmp_path_factory.mktemp("debian") / "redis"
    debian.unpack(("redis-server",), folder)
    return folder


@contextmanager
def redis_with_tls(redis: Path, folder: Path, certificates: Certificates, pair: Pair, *, asks: bool) -> Iterator[int]:
    """Its port, which takes TLS only; `asks` says whether it wants a certificate of its clients."""
    port = next(free_ports())
    (folder / "users.acl").write_text(f"user default off\nuser {USER} on >{PASSWORD} ~* +@all\n")
    options = {
        "--bind": "127.0.0.1",
        "--port": "0",
        "--save": "",
        "--dir": str(folder),
        "--tls-port": str(port),
        "--tls-cert-file": str(pair.certificate),
        "--tls-key-file": str(pair.key),
        "--tls-ca-cert-file": str(certificates.authority.file),
        "--tls-auth-clients": "yes" if asks else "no",
        "--aclfile": str(folder / "users.acl"),
    }
    log = folder / "redis.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [redis / "usr" / "bin" / "redis-server", *(word for option in options.items() for word in option)],
            env={**os.environ, "LD_LIBRARY_PATH": str(redis / "usr" / "lib" / "x86_64-linux-gnu")},
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: "eady to accept connections" in log.read_text(), what=log.read_text)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def port(redis: Path, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis_with_tls(
        redis, tmp_path_factory.mktemp("redis"), certificates, certificates.server, asks=False
    ) as found:
        yield found


def settings_of(port: int, certificates: Certificates, **changes: object) -> ValkeySettings:
    given: dict[str, Any] = {
        "valkey_url": f"rediss://127.0.0.1:{port}",
        "valkey_username": USER,
        "valkey_password": SecretStr(PASSWORD),
        "valkey_ca_file": certificates.authority.file,
    }
    return ValkeySettings(**given | changes)


def reason_of(settings: ValkeySettings) -> str:
    """Why it keeps nothing; empty where it does."""
    connected = client(settings, timeout=SECONDS)
    assert connected is not None
    try:
        with closing(connected), client_errors(settings):
            connected.set("key", "value")
            assert connected.get("key") == b"value"
    except CacheUnavailableError as error:
        return str(error)
    return ""


def test_it_keeps_what_it_is_given(port: int, certificates: Certificates) -> None:
    assert reason_of(settings_of(port, certificates)) == ""


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("wrong password", "invalid username-password pair"),
        ("no password", "must be called with the client already authenticated"),
        ("no TLS", "closed|reset"),
        ("wrong authority", "self-signed certificate in certificate chain"),
    ],
)
def test_what_is_wrong_is_said_with_the_servers_address(
    port: int, certificates: Certificates, case: str, reason: str
) -> None:
    changes: dict[str, dict[str, Any]] = {
        "wrong password": {"valkey_password": SecretStr("wr0ng")},
        "no password": {"valkey_username": None, "valkey_password": None},
        "no TLS": {"valkey_url": f"redis://127.0.0.1:{port}", "valkey_ca_file": None},
        "wrong authority": {"valkey_ca_file": certificates.stranger.file},
    }
    said = reason_of(settings_of(port, certificates, **changes[case]))
    assert f"127.0.0.1:{port}" in said
    assert any(part in said for part in reason.split("|")), said
    assert "wr0ng" not in said


@pytest.mark.parametrize(
    ("shown", "reason"), [("expired", "certificate has expired"), ("of_another_host", "IP address mismatch")]
)
def test_a_certificate_that_is_not_good_is_refused(
    redis: Path, certificates: Certificates, tmp_path: Path, shown: str, reason: str
) -> None:
    with redis_with_tls(redis, tmp_path, certificates, getattr(certificates, shown), asks=False) as port:
        said = reason_of(settings_of(port, certificates))
    assert f"127.0.0.1:{port}" in said
    assert reason in said


def test_a_certificate_of_ours_is_shown(redis: Path, certificates: Certificates, tmp_path: Path) -> None:
    ours = {"valkey_certificate_file": certificates.client.certificate, "valkey_key_file": certificates.client.key}
    with redis_with_tls(redis, tmp_path, certificates, certificates.server, asks=True) as port:
        assert reason_of(settings_of(port, certificates, **ours)) == ""
        assert f"127.0.0.1:{port}" in reason_of(settings_of(port, certificates))
