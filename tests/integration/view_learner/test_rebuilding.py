"""The model learned anew from what is stored, handed over to a learner that runs, or to the next one."""

import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.storage.keyspaces import linked, row
from tests.integration.view_learner.learning import SIZE, START, Learning, View, events, sums, views
from tests.waiting import wait_until
from vitrine.errors import PipelineError
from vitrine.learning import Model
from vitrine.pipelines import rebuild_model
from vitrine.storage import Link, ViewStore
from vitrine.streaming.messages import UNCOUNTED

STARTED_WITHIN = 300


def store(learning: Learning, of: list[View]) -> None:
    with linked(learning.flow.cassandra) as link:
        made = ViewStore(link)
        assert made.write(row(view.user, view.product, at=view.time, messageid=view.id) for view in of) == []


def taught(folder: Path, of: list[View]) -> dict[tuple[str, ...], float]:
    with closing(Model.open(folder, SIZE)) as model:
        model.learn(events(of))
    return sums(folder / "model")


def test_a_learner_without_a_model_learns_what_is_stored(learning: Learning, tmp_path: Path) -> None:
    of = views(3000)
    store(learning, of)
    with learning.learner() as process:
        process.await_log(
            "rebuilt from 3000 views, 0 purchases and 0 products put into carts, of 50 products", seconds=STARTED_WITHIN
        )
        learning.await_learned(3000)
        process.terminate()
    assert sums(learning.folder / "model") == pytest.approx(taught(tmp_path / "taught", of), rel=1e-4)


def test_a_rebuilt_model_is_taken_over_while_the_learner_runs(learning: Learning, tmp_path: Path) -> None:
    """What is in Kafka and in Cassandra counts once; what only Kafka has is read from there."""
    stored, newer = views(3000), views(300, seed=2)
    # Not late: a late click may find its session ended.
    only_in_kafka = views(200, seed=3, start=START + 3000)
    learning.begin()
    with learning.learner() as process:
        learning.send(newer)
        learning.await_learned(300)
        store(learning, [*stored, *newer])
        with learning.pipelines():
            summary = rebuild_model.rebuild()
        assert summary is not None
        assert (summary["views"], summary["purchases"], summary["products"]) == (3300, 0, 50)
        learning.await_learned(3300)
        learning.send(only_in_kafka)
        learning.await_learned(3500)
        process.terminate()
        assert process.count("learning from") == 2
    expected = taught(tmp_path / "taught", sorted([*stored, *newer, *only_in_kafka], key=lambda view: view.time))
    assert sums(learning.folder / "model") == pytest.approx(expected, rel=1e-4)
    assert not (learning.folder / "rebuilt").exists()


def test_where_no_learner_runs_the_next_one_takes_it_over(learning: Learning) -> None:
    learning.begin()
    store(learning, views(100))
    with learning.pipelines():
        rebuild_model.rebuild()
    assert learning.learned() == 0, "it wrote where a learner may be writing"
    with learning.learner() as process:
        learning.await_learned(100)
        process.terminate()


def test_a_rebuilt_model_of_another_size_is_refused_and_the_present_one_stays(learning: Learning) -> None:
    learning.begin()
    (learning.folder / "rebuilt").write_bytes(b"x" * 100_000)
    learning.send(views(100))
    with learning.learner() as process:
        process.await_log("the rebuilt model cannot be used, the present one stays", seconds=STARTED_WITHIN)
        learning.await_learned(100)
        process.terminate()
    assert not (learning.folder / "rebuilt").exists()


def test_views_that_a_shopper_deleted_are_not_learned(learning: Learning) -> None:
    of = views(200)
    store(learning, of)
    gone = of[-1]
    with Link.connected(learning.flow.cassandra) as link:
        ViewStore(link).delete_product(gone.user, gone.product, now=time.time())
    kept = [view for view in of if (view.user, view.product) != (gone.user, gone.product)]
    learning.begin()
    with learning.pipelines():
        summary = rebuild_model.rebuild()
    assert summary is not None
    assert summary["views"] == len(kept) < len(of)


def test_views_over_a_cap_are_neither_learned_nor_rebuilt(learning: Learning, tmp_path: Path) -> None:
    counted, uncounted = views(600), views(200, seed=2)
    learning.begin()
    with learning.flow.consuming(), learning.learner() as process:
        learning.send(counted)
        learning.send(uncounted, headers=[(UNCOUNTED, b"person")])
        process.await_log("learning from", seconds=STARTED_WITHIN)
        wait_until(lambda: sum(learning.offsets().values()) == 800, what=lambda: f"{learning.offsets()}")
        learning.flow.await_done()
        process.terminate()
    assert (learning.learned(), learning.flow.count()) == (600, 800)
    with learning.pipelines():
        summary = rebuild_model.rebuild()
    assert summary is not None
    assert summary["views"] == 600
    learned = sums(learning.folder / "model")
    assert sums(learning.folder / rebuild_model.REBUILT) == pytest.approx(learned, rel=1e-4)
    assert learned == pytest.approx(taught(tmp_path / "taught", counted), rel=1e-4)


def test_two_rebuilds_at_once_are_refused(learning: Learning) -> None:
    learning.folder.mkdir()
    with (
        learning.pipelines(),
        rebuild_model._alone(learning.folder),
        pytest.raises(PipelineError, match="another rebuild is under way"),
    ):
        rebuild_model.rebuild()
    with learning.pipelines():
        assert rebuild_model.rebuild() is not None
