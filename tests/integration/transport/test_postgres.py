"""Postgres over TLS with a password, as psycopg2, Django, dlt and dbt reach it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from pydantic import SecretStr

from local_stack import debian
from local_stack.postgres import SUPERUSER, connect, create_database, unprivileged
from local_stack.stack import free_ports
from tests.certificates import Pair
from tests.integration.transport.conftest import Certificates
from tests.waiting import wait_until
from vitrine.errors import ShopDatabaseUnavailableError
from vitrine.market.landing import make_tables
from vitrine.market.normalising import PROJECT, _environment
from vitrine.settings import PROJECT_FOLDER, MarketSettings, ShopDatabaseSettings
from vitrine.shop_database.connection import connect as connect_to_shop

PASSWORD = "of-the-database"
# The first that fits counts. The superuser's door is the test's own.
RULES = f"""
host all {SUPERUSER} 127.0.0.1/32 trust
hostssl all mutual 127.0.0.1/32 scram-sha-256 clientcert=verify-ca
hostssl all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class Server:
    port: int
    folder: Path

    def shows(self, pair: Pair) -> None:
        """Another certificate, from the next connection on."""
        for name, file in (("server.crt", pair.certificate), ("server.key", pair.key)):
            target = self.folder / name
            owner = self.folder.stat()
            target.unlink(missing_ok=True)
            target.write_bytes(file.read_bytes())
            target.chmod(0o600)
            os.chown(target, owner.st_uid, owner.st_gid)
        with closing(connect(self.port, "postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def server(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres_with_tls(tmp_path_factory.mktemp("postgres"), certificates) as running:
        yield running


def binaries(folder: Path) -> Path:
    """Debian's: the local stack's Postgres comes from a wheel, whose server was built without TLS."""
    installed = Path("/usr/lib/postgresql")
    if not installed.is_dir():
        debian.unpack(("postgresql",), folder)
        installed = folder / "usr" / "lib" / "postgresql"
    return sorted(installed.glob("*/bin"))[-1]


@contextmanager
def postgres_with_tls(folder: Path, certificates: Certificates) -> Iterator[Server]:
    programs = binaries(folder / "debian")
    data, port = folder / "postgres", next(free_ports())
    data.mkdir(mode=0o700)
    made = (str(programs / "initdb"), "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", SUPERUSER, "-D", str(data))
    subprocess.run(unprivileged(*made), cwd="/", check=True, capture_output=True)
    started = (str(programs / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "")
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(unprivileged(*started), cwd=folder, stdout=log, stderr=log)
    running = Server(port, data)
    try:
        wait_until(lambda: _answers(port), what=(folder / "postgres.log").read_text)
        create_database(port, "shop")
        (data / "pg_hba.conf").write_text(RULES)
        (data / "root.crt").write_bytes(certificates.authority.file.read_bytes())
        running.shows(certificates.server)
        with closing(connect(running.port, "postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for user in ("vitrine", "mutual"):
                    cursor.execute(f"CREATE ROLE {user} LOGIN SUPERUSER PASSWORD %s", (PASSWORD,))
                cursor.execute("ALTER SYSTEM SET ssl_ca_file = 'root.crt'")
                cursor.execute("ALTER SYSTEM SET ssl = on")
                cursor.execute("SELECT pg_reload_conf()")
        wait_until(lambda: _has_tls(running.port), what=(folder / "postgres.log").read_text)
        yield running
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        connect(port, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _has_tls(port: int) -> bool:
    with closing(connect(port, "postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        return bool(cursor.fetchall() == [(True,)])


def given(server: Server, certificates: Certificates, **changes: object) -> dict[str, Any]:
    return {
        "postgres_port": server.port,
        "postgres_user": "vitrine",
        "postgres_password": SecretStr(PASSWORD),
        "postgres_sslmode": "verify-full",
        "postgres_ca_file": certificates.authority.file,
        "shop_database": "shop",
    } | changes


def is_encrypted(settings: ShopDatabaseSettings) -> bool:
    with closing(connect_to_shop(settings)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        return bool(cursor.fetchall() == [(True,)])


def test_it_is_encrypted_by_the_right_authority_and_password(server: Server, certificates: Certificates) -> None:
    assert is_encrypted(ShopDatabaseSettings(**given(server, certificates)))


def test_a_certificate_of_ours_is_shown(server: Server, certificates: Certificates) -> None:
    ours = {
        "postgres_certificate_file": certificates.client.certificate,
        "postgres_key_file": certificates.client.key,
    }
    user = {"postgres_user": "mutual"}
    assert is_encrypted(ShopDatabaseSettings(**given(server, certificates, **user, **ours)))
    with pytest.raises(ShopDatabaseUnavailableError, match="requires a valid client certificate"):
        is_encrypted(ShopDatabaseSettings(**given(server, certificates, **user)))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("wrong password", "password authentication failed"),
        ("no TLS", "no encryption"),
        ("wrong authority", "certificate verify failed"),
        ("expired", "certificate verify failed|certificate has expired"),
        ("another host", "does not match host name"),
    ],
)
def test_what_is_wrong_is_said_with_the_servers_address(
    server: Server, certificates: Certificates, case: str, reason: str
) -> None:
    changes: dict[str, dict[str, Any]] = {
        "wrong password": {"postgres_password": SecretStr("wrong")},
        "no TLS": {"postgres_sslmode": "disable", "postgres_ca_file": None},
        "wrong authority": {"postgres_ca_file": certificates.stranger.file},
    }
    pairs = {"expired": certificates.expired, "another host": certificates.of_another_host}
    server.shows(pairs.get(case, certificates.server))
    settings = ShopDatabaseSettings(**given(server, certificates, **changes.get(case, {})))
    try:
        # A new certificate is shown a moment after it was put there.
        wait_until(lambda: reason_of(settings) != "", what=f"it is let in: {case}")
        said = reason_of(settings)
    finally:
        server.shows(certificates.server)
    assert f'"127.0.0.1", port {server.port}' in said
    assert any(part in said for part in reason.split("|")), said
    assert PASSWORD not in said


def reason_of(settings: ShopDatabaseSettings) -> str:
    try:
        connect_to_shop(settings).close()
    except ShopDatabaseUnavailableError as error:
        return str(error)
    return ""


def test_django_dlt_and_dbt_are_given_the_same(server: Server, certificates: Certificates, tmp_path: Path) -> None:
    """Each makes tables through its own connection; none is let in without TLS."""
    wait_until(lambda: not reason_of(ShopDatabaseSettings(**given(server, certificates))), what="it is not let in")
    values = given(server, certificates) | {"postgres_password": PASSWORD}
    environment = {f"VITRINE_{name.upper()}": str(value) for name, value in values.items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    migrated = subprocess.run(
        [sys.executable, PROJECT_FOLDER / "manage.py", "migrate", "-v", "0"],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert migrated.returncode == 0, migrated.stderr
    settings = MarketSettings(**given(server, certificates))
    make_tables(settings)
    debugged = _dbt_debug(settings, tmp_path)
    assert debugged.returncode == 0, debugged.stdout
    assert "OK connection ok" in debugged.stdout
    refused = _dbt_debug(settings.model_copy(update={"postgres_ca_file": certificates.stranger.file}), tmp_path)
    assert "certificate verify failed" in refused.stdout


def _dbt_debug(settings: MarketSettings, folder: Path) -> "subprocess.CompletedProcess[str]":
    dbt = PROJECT_FOLDER / ".analytics" / "bin" / "dbt"
    if not dbt.exists():
        pytest.skip("dbt is not installed: `make .analytics/.installed`")
    return subprocess.run(
        [dbt, "debug", "--connection", "--project-dir", PROJECT, "--profiles-dir", PROJECT, "--log-path", folder],
        env={**os.environ, **_environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
