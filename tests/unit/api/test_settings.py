"""Django reads its settings once a process, so each case is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.errors import SettingsError
from vitrine.settings import PROJECT_FOLDER, ApiSettings, load

GOOD = {
    "DJANGO_SETTINGS_MODULE": "api.settings.production",
    "VITRINE_DJANGO_SECRET_KEY": "A key of fifty characters, made up for this test: 0123456789",
    "VITRINE_RECEIPT_KEY": "A key made up for this test",
    "VITRINE_ALLOWED_HOSTS": "api.shop.example",
}


def run(folder: Path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("VITRINE_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=clean | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def check(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    return run(folder, str(PROJECT_FOLDER / "manage.py"), "check", "--deploy", "--fail-level", "WARNING", **variables)


def test_the_check_for_deployment_finds_nothing_in_production(tmp_path: Path) -> None:
    done = check(tmp_path, **GOOD)
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (3 silenced).\n"), done.stderr


@pytest.mark.parametrize(
    ("settings", "root"),
    [
        ({}, "api.urls"),
        ({"VITRINE_STOREFRONT": "True"}, "storefront.urls"),
        ({**GOOD, "VITRINE_STOREFRONT": "True"}, "api.urls"),
    ],
)
def test_the_storefront_is_served_where_it_is_asked_for_and_never_in_production(
    tmp_path: Path, settings: dict[str, str], root: str
) -> None:
    script = "from django.conf import settings as s; print(s.ROOT_URLCONF, 'storefront' in s.INSTALLED_APPS)"
    done = run(tmp_path, "-c", script, **{"DJANGO_SETTINGS_MODULE": "api.settings.development", **settings})
    assert done.stdout.split() == [root, str(root == "storefront.urls")], done.stderr


def test_production_has_no_default_for_the_key_and_the_hosts(tmp_path: Path) -> None:
    done = check(tmp_path, DJANGO_SETTINGS_MODULE="api.settings.production")
    assert done.returncode == 1
    assert done.stderr.startswith("manage.py: VITRINE_DJANGO_SECRET_KEY: needed in production")
    assert "VITRINE_ALLOWED_HOSTS: needed in production" in done.stderr


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    done = check(tmp_path, **GOOD | {"VITRINE_DJANGO_SECRET_KEY": ""})
    assert done.stderr.startswith("manage.py: VITRINE_DJANGO_SECRET_KEY: needed in production")


def test_the_server_without_a_settings_module_is_in_production(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "api")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("api: VITRINE_DJANGO_SECRET_KEY: needed in production")


def test_development_needs_no_settings(tmp_path: Path) -> None:
    done = run(tmp_path, str(PROJECT_FOLDER / "manage.py"), "check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "origin",
    ["www.shop.example", "https://shop.example/", "*", "ftp://shop.example", "https://", "https://a b"],
)
def test_an_origin_that_browsers_never_send_is_refused(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_CORS_ALLOWED_ORIGINS", f"https://good.example,{origin}")
    load.cache_clear()
    with pytest.raises(SettingsError, match=r"VITRINE_CORS_ALLOWED_ORIGINS: .* is not an origin"):
        load(ApiSettings)
    load.cache_clear()


def test_origins_and_hosts_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "VITRINE_CORS_ALLOWED_ORIGINS", "https://www.shop.example, http://localhost:3000,http://[::1]:80"
    )
    monkeypatch.setenv("VITRINE_ALLOWED_HOSTS", "api.shop.example,.shop.example,[::1],10.0.0.7,*")
    load.cache_clear()
    settings = load(ApiSettings)
    load.cache_clear()
    assert settings.cors_allowed_origins == (
        "https://www.shop.example",
        "http://localhost:3000",
        "http://[::1]:80",
    )
    assert settings.allowed_hosts == ("api.shop.example", ".shop.example", "[::1]", "10.0.0.7", "*")


@pytest.mark.parametrize("host", ["https://api.shop.example", "api.shop.example:8000", "a..b", "a/b"])
def test_what_is_no_host_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ALLOWED_HOSTS", host)
    load.cache_clear()
    with pytest.raises(SettingsError, match=r"VITRINE_ALLOWED_HOSTS: .* is not a host name"):
        load(ApiSettings)
    load.cache_clear()
