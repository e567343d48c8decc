"""The model beside the catalogue: what is picked up, and when."""

from pathlib import Path

import pytest

from tests.unit.vitrine.learning.small_model import DAY, NOON, SMALL, events, learn, session
from tests.unit.vitrine.recommending.small_shop import CATALOGUE, SMALL_SHOP
from vitrine.learning import LINEAR, MODEL_FILE, Forest, Model, Period
from vitrine.recommending import Assortment, Catalogue, ModelCache, Product, trending
from vitrine.recommending.filters import Selection
from vitrine.recommending.learned import FOREST_FILE, RENUMBER_SECONDS

FOREST = "feature_names=score\n\nTree=0\nnum_leaves=1\nleaf_value=1\n\nend of trees"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def allowed(cached: ModelCache, catalogue: Catalogue = CATALOGUE) -> set[str]:
    """What may be shown of the model's products."""
    learned = cached.current(catalogue)
    assert learned
    mask = learned.allowed(Selection(catalogue))
    everything = [*catalogue.newest, "new"]
    numbers = learned.generation.numbers_of(everything)
    return {product for product, number in zip(everything, numbers, strict=True) if number >= 0 and mask[number]}


def test_without_a_file_there_is_no_model(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cached = ModelCache(tmp_path)
    assert cached.current(CATALOGUE) is None
    (tmp_path / MODEL_FILE).write_bytes(b"none")
    assert cached.current(CATALOGUE) is None
    assert cached.current(CATALOGUE) is None
    assert [record.getMessage() for record in caplog.records] == [
        f"the model cannot be used: {tmp_path / MODEL_FILE}: cut short: 4 bytes"
    ]


def test_a_new_product_is_looked_up_a_moment_later(tmp_path: Path) -> None:
    clock = Clock()
    cached = ModelCache(tmp_path, clock=clock)
    model = Model.open(tmp_path, SMALL, seed=7)
    learn(model, session("u1", "a1 gone"))
    assert allowed(cached) == {"a1"}
    before = cached.current(CATALOGUE)
    learn(model, session("u1", "b1", at=NOON + DAY))
    assert cached.current(CATALOGUE) is before, "not at once: it costs more than an answer"
    clock.now += RENUMBER_SECONDS
    assert allowed(cached) == {"a1", "b1"}
    assert cached.current(CATALOGUE) is cached.current(CATALOGUE)
    model.close()


def test_a_new_catalogue_a_new_generation_a_new_forest_are_picked_up(tmp_path: Path) -> None:
    cached = ModelCache(tmp_path)
    model = Model.open(tmp_path, SMALL, seed=7)
    learn(model, session("u1", "a1 new"))
    assert allowed(cached) == {"a1"}
    other = Catalogue.of([Product("new"), Product("a1", in_stock=False)])
    assert allowed(cached, other) == {"new"}
    model.close()

    another = Model.open(tmp_path, SMALL, seed=8, anew=True)
    assert allowed(cached) == set()
    learn(another, session("u1", "b1"))
    another.close()

    first = cached.current(CATALOGUE)
    assert first
    assert first.scorer is LINEAR
    (tmp_path / "forest.new").write_text(FOREST)
    (tmp_path / "forest.new").replace(tmp_path / FOREST_FILE)
    second = cached.current(CATALOGUE)
    assert second
    assert isinstance(second.scorer, Forest)
    (tmp_path / FOREST_FILE).unlink()
    third = cached.current(CATALOGUE)
    assert third
    assert third.scorer is LINEAR


def test_a_forest_that_is_none_leaves_the_one_before(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Model.open(tmp_path, SMALL, seed=7).close()
    cached = ModelCache(tmp_path)
    (tmp_path / FOREST_FILE).write_text("no forest")
    learned = cached.current(CATALOGUE)
    assert learned
    assert learned.scorer is LINEAR
    assert cached.current(CATALOGUE) is learned
    assert len(caplog.records) == 1
    assert "the forest cannot be used" in caplog.records[0].getMessage()


def test_what_rises_is_not_what_is_big(tmp_path: Path) -> None:
    """a1 is viewed every day, b1 for the first time today."""
    model = Model.open(tmp_path, SMALL, seed=7)
    for day in range(30):
        for user in range(5):
            model.learn(events(session(f"u{user}", "a1", at=NOON + day * DAY)))
    for user in range(4):
        learn(model, session(f"v{user}", "b1", at=NOON + 29 * DAY))
    model.close()
    assortment = Assortment(CATALOGUE, SMALL_SHOP.best_sellers, ModelCache(tmp_path).current(CATALOGUE))
    found = trending(Period.DAY, assortment, limit=3)
    assert (found[0].product, found[0].source) == ("b1", "trending")
    assert found[0].reason == "viewed this day more than usual"
    assert {each.source for each in found[1:]} == {"best-sellers"}
