"""The secrets of the system in containers: given, kept or made at random."""

import base64
import subprocess
import sys
from pathlib import Path

from vitrine.settings import PROJECT_FOLDER

NAMES = {
    "VITRINE_AIRFLOW_FERNET_KEY",
    "VITRINE_AIRFLOW_JWT_SECRET",
    "VITRINE_AIRFLOW_PASSWORD",
    "VITRINE_AIRFLOW_SECRET_KEY",
    "VITRINE_DJANGO_SECRET_KEY",
    "VITRINE_GRAFANA_PASSWORD",
    "VITRINE_PGADMIN_PASSWORD",
    "VITRINE_POSTGRES_PASSWORD",
    "VITRINE_RECEIPT_KEY",
}


def make(folder: Path, **given: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(PROJECT_FOLDER / "docker" / "make_secrets.py"), str(folder)]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def read(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_each_is_made_at_random_and_shown_to_nobody(tmp_path: Path) -> None:
    for folder in (one := tmp_path / "one", two := tmp_path / "two"):
        folder.mkdir()
        done = make(folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert read(one).keys() == NAMES | {"pgpass"}
    assert not set(read(one).values()) & set(read(two).values())
    assert len(base64.urlsafe_b64decode(read(one)["VITRINE_AIRFLOW_FERNET_KEY"])) == 32


def test_running_it_again_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path)
    before = {file: (file.read_text(), file.stat().st_ino) for file in tmp_path.iterdir()}
    make(tmp_path)
    assert {file: (file.read_text(), file.stat().st_ino) for file in tmp_path.iterdir()} == before


def test_what_is_given_wins_and_the_others_stay(tmp_path: Path) -> None:
    make(tmp_path)
    before = read(tmp_path)
    make(tmp_path, VITRINE_POSTGRES_PASSWORD="p:ss", VITRINE_AIRFLOW_PASSWORD="")
    given = {"VITRINE_POSTGRES_PASSWORD": "p:ss", "pgpass": "*:*:*:postgres:p:ss"}
    assert read(tmp_path) == before | given
    make(tmp_path)
    assert read(tmp_path) == before | given


def test_secrets_of_servers_elsewhere_are_there_as_long_as_they_are_given(tmp_path: Path) -> None:
    make(tmp_path, VITRINE_LISTINGS_KEY="k1", VITRINE_NOTIFY="json://one.example mailto://two.example")
    assert read(tmp_path).keys() == NAMES | {"pgpass", "VITRINE_LISTINGS_KEY", "VITRINE_NOTIFY"}
    assert read(tmp_path)["VITRINE_NOTIFY"] == "json://one.example mailto://two.example"
    make(tmp_path, VITRINE_LISTINGS_KEY="k2")
    assert read(tmp_path).keys() == NAMES | {"pgpass", "VITRINE_LISTINGS_KEY"}
    assert read(tmp_path)["VITRINE_LISTINGS_KEY"] == "k2"


def test_the_file_with_passwords_for_clients_is_for_its_owner_alone(tmp_path: Path) -> None:
    make(tmp_path)
    assert (tmp_path / "pgpass").stat().st_mode & 0o777 == 0o600
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in NAMES} == {0o444}


def test_what_cannot_be_used_is_named_and_not_repeated(tmp_path: Path) -> None:
    done = make(tmp_path, VITRINE_POSTGRES_PASSWORD="s3cret\\")
    assert done.returncode == 1
    assert done.stderr.startswith("VITRINE_POSTGRES_PASSWORD: must be printable")
    assert "s3cret" not in done.stderr
