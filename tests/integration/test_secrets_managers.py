"""Settings out of AWS Secrets Manager: moto's server speaks its protocol over HTTP.

Azure's and Google's are not run: no server of PyPI or Debian speaks their protocols.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import httpx
import pytest

from local_stack.stack import free_ports
from tests.waiting import wait_until
from vitrine.errors import SettingsError
from vitrine.settings import ApiSettings, CassandraSettings, LogSettings, load

VALUES = {
    "VITRINE_POSTGRES_PASSWORD": "of the manager",
    "VITRINE_CASSANDRA_PASSWORD": "c4ssandra",
    "VITRINE_CASSANDRA_USERNAME": "vitrine",
}


@contextmanager
def secrets_manager(folder: Path) -> Iterator[str]:
    """Its address."""
    port = next(free_ports())
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
    try:
        wait_until(lambda: _answers(address), what=(folder / "log").read_text)
        yield address
    finally:
        process.kill()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/moto-api/", timeout=20).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with secrets_manager(tmp_path_factory.mktemp("secrets")) as running:
        yield running


@pytest.fixture(autouse=True)
def manager(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """AWS' own client of it; settings of this process are read from there."""
    for name in os.environ:
        if name.startswith(("AWS_", "VITRINE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    httpx.post(f"{address}/moto-api/reset", timeout=120).raise_for_status()
    load.cache_clear()
    yield boto3.client("secretsmanager")
    load.cache_clear()


def test_what_nobody_else_gives_comes_from_the_manager(
    manager: Any,  # noqa: ANN401 - boto3 makes its classes as it runs
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    manager.create_secret(Name="shop/vitrine", SecretString=json.dumps(VALUES))
    monkeypatch.setenv("VITRINE_SECRETS_FROM", "aws:shop/vitrine")
    settings = load(ApiSettings)
    assert settings.postgres_password is not None
    assert settings.postgres_password.get_secret_value() == "of the manager"
    assert "of the manager" not in f"{settings!r}"
    assert load(CassandraSettings).cassandra_username == "vitrine"
    load.cache_clear()
    monkeypatch.setenv("VITRINE_SECRETS_FOLDER", str(tmp_path))
    (tmp_path / "VITRINE_POSTGRES_PASSWORD").write_text("of the file")
    settings = load(ApiSettings)
    assert settings.postgres_password is not None
    assert settings.postgres_password.get_secret_value() == "of the file"


def test_without_the_setting_nobody_is_asked(manager: Any) -> None:  # noqa: ANN401
    manager.create_secret(Name="shop/vitrine", SecretString=json.dumps(VALUES))
    assert load(ApiSettings).postgres_password is None


def test_a_secret_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SECRETS_FROM", "aws:shop/another")
    with pytest.raises(SettingsError, match=r"VITRINE_SECRETS_FROM=aws:shop/another cannot be read: .*can't find"):
        load(ApiSettings)
    # It has no secret.
    assert load(LogSettings).log_format == "text"


@pytest.mark.parametrize("text", ["of the manager", '"of the manager"', '["of the manager"]', '{"a": "of the manager"'])
def test_a_secret_in_another_form_is_refused_unprinted(
    manager: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    text: str,
) -> None:
    manager.create_secret(Name="shop/vitrine", SecretString=text)
    monkeypatch.setenv("VITRINE_SECRETS_FROM", "aws:shop/vitrine")
    with pytest.raises(SettingsError, match="is not a JSON object") as caught:
        load(ApiSettings)
    assert "of the manager" not in str(caught.value)


def test_a_value_of_the_manager_is_checked_and_not_repeated(
    manager: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager.create_secret(Name="shop/vitrine", SecretString=json.dumps({"VITRINE_POSTGRES_PORT": "s3cret"}))
    monkeypatch.setenv("VITRINE_SECRETS_FROM", "aws:shop/vitrine")
    with pytest.raises(SettingsError, match="VITRINE_POSTGRES_PORT: ") as caught:
        load(ApiSettings)
    assert "s3cret" not in str(caught.value)


def test_a_manager_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SECRETS_FROM", "aws:shop/vitrine")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(SettingsError, match=r'cannot be read: Could not connect to .*"http://127.0.0.1:1/"'):
        load(ApiSettings)


@pytest.mark.parametrize("value", ["aws:", "vault:name", "azure:http://vault.example", "gcp:Project", "/etc/secrets"])
def test_a_manager_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("VITRINE_SECRETS_FROM", value)
    with pytest.raises(SettingsError, match="VITRINE_SECRETS_FROM: "):
        load(ApiSettings)


@pytest.mark.parametrize("value", ["azure:https://shop.vault.azure.net", "gcp:shop"])
def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("VITRINE_SECRETS_FROM", value)
    with pytest.raises(SettingsError, match=r"-r requirements/secrets-managers\.txt"):
        load(ApiSettings)
