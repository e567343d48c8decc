"""The dashboard without a browser; tests/integration/analytics/test_dashboard.py looks at it in one."""

import pytest
from streamlit.testing.v1 import AppTest

from vitrine.settings import PROJECT_FOLDER

NOWHERE = "http://127.0.0.1:9/api/v1/"


def test_an_api_that_is_away_is_a_sentence_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_DASHBOARD_API_URL", NOWHERE)
    shown = AppTest.from_file(str(PROJECT_FOLDER / "services" / "dashboard" / "app.py"), default_timeout=120).run()
    assert [title.value for title in shown.title] == ["Overview"]
    assert not shown.exception
    (error,) = shown.error
    assert NOWHERE in error.value
