"""docs/metrics.md says what is declared; the integration tests of each process say that it is shown."""

import re

import pytest

from vitrine.metrics.__main__ import EXPOSITIONS, page
from vitrine.metrics.exposition import Declaration, Exposition
from vitrine.settings import PROJECT_FOLDER

DECLARED = [metric for exposition in EXPOSITIONS for metric in exposition.declared]


def test_the_page_is_what_is_declared() -> None:
    assert (PROJECT_FOLDER / "docs" / "metrics.md").read_text() == page()


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: str(metric.name))
def test_names_end_with_their_unit(metric: Declaration) -> None:
    assert re.fullmatch(r"vitrine_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")


def test_each_name_is_of_one_process() -> None:
    assert len({metric.name for metric in DECLARED}) == len(DECLARED)


def test_what_is_known_is_there_from_the_start() -> None:
    exposition = Exposition("test")
    exposition.counter("tries_total", "Tries", outcome=("good", "bad"), place=("here",))
    exposition.gauge("depth", "Depth", place=())
    lines = exposition.text().decode().splitlines()
    assert 'tries_total{outcome="good",place="here"} 0.0' in lines
    assert 'tries_total{outcome="bad",place="here"} 0.0' in lines
    assert not any(line.startswith("depth") for line in lines)
