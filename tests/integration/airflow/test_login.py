"""The login of Airflow's UI is the one of the settings."""

from collections.abc import Iterator

import pytest

from local_stack import airflow
from local_stack.airflow_api import AirflowApi
from local_stack.stack import LocalStack
from vitrine.errors import StackError
from vitrine.settings import load


@pytest.fixture
def changed(shop: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    """The stack as `make up` makes it after the login was changed in .env; the first login comes back at the end."""
    monkeypatch.setenv("VITRINE_AIRFLOW_USERNAME", "operator")
    monkeypatch.setenv("VITRINE_AIRFLOW_PASSWORD", "pass word's")
    load.cache_clear()
    airflow.prepare(shop.settings)
    yield shop
    monkeypatch.undo()
    load.cache_clear()
    airflow.prepare(shop.settings)


def test_a_changed_login_replaces_the_one_before(changed: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    url = airflow.url(changed.settings)
    assert AirflowApi(url, "operator", "pass word's").get("dags")["total_entries"] == len(airflow.DAGS)
    with pytest.raises(StackError, match="401"):
        AirflowApi(url, "airflow", "airflow").get("dags")
    monkeypatch.setenv("VITRINE_AIRFLOW_PASSWORD", "another")
    load.cache_clear()
    airflow.prepare(changed.settings)
    assert AirflowApi(url, "operator", "another").get("dags")
    with pytest.raises(StackError, match="401"):
        AirflowApi(url, "operator", "pass word's").get("dags")
