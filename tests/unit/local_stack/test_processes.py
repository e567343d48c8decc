"""Where the processes of the local stack find the market."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.processes import SAMPLE_MARKET_KEY, market_environment
from local_stack.stack import temporary_settings
from vitrine.settings import load


@pytest.fixture(autouse=True)
def _settings_of_this_test() -> Iterator[None]:
    load.cache_clear()
    yield
    load.cache_clear()


@pytest.mark.parametrize(("key", "is_sample"), [("", True), (SAMPLE_MARKET_KEY, True), ("a-real-key", False)])
def test_only_a_real_key_leads_away_from_the_sample_market(
    key: str, is_sample: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_LISTINGS_KEY", key)
    found = market_environment(temporary_settings(tmp_path))
    assert (found.get("VITRINE_LISTINGS_KEY") == SAMPLE_MARKET_KEY) is is_sample
