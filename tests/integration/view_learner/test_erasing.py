"""Somebody was erased: the model rebuilt is the one that had never known them, and learning goes on without them."""

import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.storage.keyspaces import connected_link
from tests.integration.view_learner.learning import START, Learning, View, sums, views
from tests.integration.view_learner.test_rebuilding import store, taught
from tests.waiting import wait_until
from vitrine.erasing import online
from vitrine.erasing.online import Cassandra
from vitrine.pipelines import rebuild_model
from vitrine.streaming import Erasure, ErasurePublisher

PERSON = "user-7"


def erase(learning: Learning) -> None:
    """What the API does."""
    erasure = Erasure.of(PERSON, now=time.time())
    publisher = ErasurePublisher(learning.flow.kafka)
    with closing(publisher), connected_link(learning.flow.cassandra) as link:
        publisher.publish([erasure])
        online.erase(Cassandra.on(link), erasure, PERSON, now=time.time())


def without_them(of: list[View]) -> list[View]:
    return [view for view in of if view.user != PERSON]


def test_the_rebuilt_model_is_the_one_that_never_knew_them(learning: Learning, tmp_path: Path) -> None:
    of = views(3000)
    assert any(view.user == PERSON for view in of)
    later = views(200, seed=2, start=START + 3000)
    learning.begin()
    with learning.learner() as process:
        learning.send(of)
        learning.await_learned(3000)
        store(learning, of)
        erase(learning)
        with learning.pipelines():
            summary = rebuild_model.rebuild()
        assert summary is not None
        assert summary["views"] == len(without_them(of))
        # A group that has read nothing: all of Kafka is read again, and nothing of them comes with it.
        wait_until(lambda: learning.learned() == len(without_them(of)), what=lambda: f"{learning.learned()}")
        # By their own times these are from before the erasure, though they come after it.
        learning.send(later)
        learning.await_learned(len(without_them([*of, *later])))
        new = [View(PERSON, f"product-{number}", f"new-{number}", time.time()) for number in (1, 2)]
        learning.send(new)
        learning.await_learned(len(without_them([*of, *later])) + 2)
        process.terminate()
        assert "erased: " in process.log
    expected = taught(tmp_path / "taught", [*without_them([*of, *later]), *new])
    assert sums(learning.folder / "model") == pytest.approx(expected, rel=1e-4)


def test_a_learner_that_begins_anew_learns_nothing_of_them(learning: Learning, tmp_path: Path) -> None:
    """From Kafka alone, as with a model that was lost."""
    of = views(1000)
    learning.send(of)
    erase(learning)
    learning.begin()
    with learning.learner() as process:
        learning.await_learned(len(without_them(of)))
        process.terminate()
    assert sums(learning.folder / "model") == pytest.approx(taught(tmp_path / "taught", without_them(of)), rel=1e-4)


def test_a_restored_backup_teaches_nothing_of_them(learning: Learning) -> None:
    """Cassandra has their views again, and does not know of the erasure; the topic does."""
    of = views(500)
    erase(learning)
    store(learning, of)
    with connected_link(learning.flow.cassandra) as link:
        keyspace = learning.flow.cassandra.cassandra_keyspace
        link.session.execute(f"TRUNCATE {keyspace}.erasures", timeout=120)
    with learning.pipelines():
        summary = rebuild_model.rebuild()
    assert summary is not None
    assert summary["views"] == len(without_them(of))
