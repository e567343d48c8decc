"""What Airflow is started with."""

import json
from pathlib import Path

import pytest

from local_stack import airflow
from local_stack.programs import inherited_environment
from local_stack.stack import LocalStack, temporary_settings
from vitrine.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return temporary_settings(tmp_path / "50 % $HOME").model_copy(update={"stack_airflow": True})


def test_without_airflow_a_stack_has_nothing_of_it(settings: StackSettings) -> None:
    stack = LocalStack(settings.model_copy(update={"stack_airflow": False}))
    assert not [status.name for status in stack.status() if status.name.startswith("airflow")]
    assert "AIRFLOW_HOME" not in stack.environment()


def test_its_four_processes_are_shown(settings: StackSettings) -> None:
    names = [status.name for status in LocalStack(settings).status() if status.name.startswith("airflow-")]
    assert names == ["airflow-api-server", "airflow-dag-processor", "airflow-triggerer", "airflow-scheduler"]


def test_settings_of_another_airflow_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://another")
    monkeypatch.setenv("AIRFLOW_HOME", "/another")
    assert not [name for name in inherited_environment() if name.startswith("AIRFLOW")]


def test_secrets_are_random_and_stay_and_are_for_their_owner_alone(settings: StackSettings, tmp_path: Path) -> None:
    made = airflow.secrets_of(settings)
    assert airflow.secrets_of(settings) == made
    assert set(made) == {"secret_key", "jwt_secret", "fernet_key"}
    assert all(len(secret) >= 44 for secret in made.values())
    file = settings.stack_data_folder / "airflow" / "secrets.json"
    assert file.stat().st_mode & 0o777 == 0o600
    other = settings.model_copy(update={"stack_data_folder": tmp_path / "other"})
    assert not set(airflow.secrets_of(other).values()) & set(made.values())
    assert json.loads(file.read_text()) == made


def test_secrets_are_not_in_what_the_supervisor_keeps(settings: StackSettings) -> None:
    made = airflow.secrets_of(settings)
    stack = LocalStack(settings)
    assert not any(secret in str((stack.environment(), stack.status())) for secret in made.values())
