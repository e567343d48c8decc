"""The shop's own forest: fitted on stored views, published only when it is better on views that it has not seen."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.pipelines.sessions import sessions
from tests.integration.pipelines.shop import Shop
from vitrine.errors import ModelFileError
from vitrine.learning import read_forest
from vitrine.pipelines import train_ranker
from vitrine.recommending.fitting import Shape
from vitrine.recommending.learned import FOREST_FILE
from vitrine.settings import CassandraSettings, ModelSettings, load
from vitrine.storage import Link, ViewStore

# Compiling takes minutes on a busy machine where nothing was compiled yet.

SMALL = Shape(trees=40, leaves=15)
# Puts all candidates in the order in which they were found, which is not the best.
CONSTANT = "feature_names=score\n\nTree=0\nnum_leaves=1\nleaf_value=0\n"
# Puts the best candidate last.
UPSIDE_DOWN = """feature_names=score_rel newest_forward

Tree=0
num_leaves=2
split_feature=1
threshold=0.01
decision_type=2
left_child=-1
right_child=-2
leaf_value=1 -1
"""


@pytest.fixture
def forest(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the forest lies, of a shop without views."""
    monkeypatch.setenv("VITRINE_MODEL_FOLDER", str(tmp_path / "model"))
    load.cache_clear()
    shop.session.execute("TRUNCATE product_views", timeout=120)
    yield load(ModelSettings).model_folder / FOREST_FILE


def view(count: int) -> None:
    with Link.connected(load(CassandraSettings)) as link:
        assert ViewStore(link).write(sessions(count)) == []


def test_with_too_few_questions_nothing_is_published_and_the_run_says_so(forest: Path) -> None:
    view(200)
    told = train_ranker.train(SMALL)
    assert told["published"] is False
    assert "4000 are needed" in told["outcome"]
    assert not forest.exists()


def test_without_views_nothing_is_published(forest: Path) -> None:
    told = train_ranker.train(SMALL)
    assert (told["published"], told["questions"]) == (False, 0)
    assert not forest.exists()


def test_the_better_one_stays(forest: Path) -> None:
    """None is there, then one that is as good, one that is worse, one that cannot be read."""
    view(4_000)
    first = train_ranker.train(SMALL)
    assert first["published"], first
    assert first["new"]["NDCG@10"] > first["linear"]["NDCG@10"]
    published = forest.read_text()
    assert read_forest(published)

    again = train_ranker.train(SMALL)
    assert not again["published"], again
    assert again["held back"] > 0
    worse = train_ranker.train(Shape(trees=1, leaves=2, features=("popularity_day",)))
    assert not worse["published"], worse
    assert worse["new"]["NDCG@10"] < worse["in use"]["NDCG@10"]
    assert forest.read_text() == published

    for bad in (CONSTANT, UPSIDE_DOWN, "no forest at all"):
        forest.write_text(bad)
        better = train_ranker.train(SMALL)
        assert better["published"], better
        assert forest.read_text() == published
    assert ("in use" in better) is False  # what cannot be read does not count


def test_a_full_disk_or_a_folder_that_may_not_be_written_leaves_the_present_forest(tmp_path: Path) -> None:
    path = tmp_path / "folder" / FOREST_FILE
    path.parent.write_text("a file in the place of the folder")
    with pytest.raises(ModelFileError, match="the forest in use stays"):
        train_ranker.publish(path, CONSTANT)


def test_the_one_in_use_is_judged_by_what_it_has_not_seen(forest: Path) -> None:
    """One that was trained until now has seen every question: there is nothing to say that another is better."""
    view(4_000)
    forest.parent.mkdir(parents=True)
    forest.write_text(f"{UPSIDE_DOWN}\ntrained_until={time.time()}\n")
    told = train_ranker.train(SMALL)
    assert (told["published"], told["held back"]) == (False, 0)
