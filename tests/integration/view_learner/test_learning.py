"""The learner as a process: what it learns, and that nothing is lost or counted twice, whatever happens."""

import random
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.integration.storage.servers import frozen, stopped
from tests.integration.view_learner.learning import SIZE, START, Learning, assert_same_bytes, book, events, sums, views
from vitrine.learning import Model
from vitrine.purchases import encode, line
from vitrine.streaming import PurchasePublisher

COUNT = 5000
KILLS = 20
# Compiling takes a minute on a machine where nothing was compiled yet.
STARTED_WITHIN = 300


def test_killed_at_any_moment_it_comes_to_the_same_bytes(learning: Learning, tmp_path: Path) -> None:
    """Each time another learner goes on from the last checkpoint; some are killed while they write one."""
    chance = random.Random(5)
    uninterrupted = Learning(learning.flow, tmp_path / "uninterrupted")
    for each in (learning, uninterrupted):
        each.begin()
    learning.send(views(COUNT), key="one partition")
    for seed in range(KILLS):
        with learning.learner(VITRINE_LEARNER_CHECKPOINT_SECONDS="0.1") as process:
            process.await_log("learning from", seconds=STARTED_WITHIN)
            time.sleep(chance.uniform(0, 0.4))
            learning.send(views(50, seed=100 + seed), key="one partition")
            time.sleep(chance.uniform(0, 0.4))
            process.kill()
    for each in (learning, uninterrupted):
        with each.learner() as process:
            # What the one before it left may be all there is to learn.
            process.await_log("learning from", seconds=STARTED_WITHIN)
            each.await_learned(COUNT + 50 * KILLS)
            process.terminate()
    assert_same_bytes(learning.folder / "model", uninterrupted.folder / "model")


def test_what_it_learned_is_what_a_model_learns_that_is_taught_directly(learning: Learning, tmp_path: Path) -> None:
    of = views(COUNT)
    with closing(Model.open(tmp_path / "taught", SIZE)) as taught:
        taught.learn(events(of))
    with learning.learner() as process:
        learning.send(of)
        learning.await_learned(COUNT)
        process.terminate()
    assert sums(learning.folder / "model") == pytest.approx(sums(tmp_path / "taught" / "model"), rel=1e-4)
    assert sum(learning.offsets().values()) == COUNT


def test_it_goes_on_from_the_model_that_it_left(learning: Learning) -> None:
    learning.send(views(100))
    with learning.learner() as process:
        process.await_log("rebuilding the model from what is stored", seconds=STARTED_WITHIN)
        assert "there is no model yet" in process.log
        learning.await_learned(100)
        process.terminate()
        assert process.count("learned: 100") == 1
    learning.send([*views(50, seed=2), *views(50, seed=2)])
    with learning.learner() as process:
        learning.await_learned(150)
        process.terminate()
        assert process.warnings() == []
        assert process.count("repeated: 50") == 1


def test_what_is_no_view_is_counted_and_a_robot_teaches_nothing(learning: Learning) -> None:
    robot = [view for view in views(3000) if view.user == "user-1"]
    with learning.learner(VITRINE_MAXIMUM_VIEWS_A_DAY="20") as process:
        learning.flow.produce([("user-1", b"{"), ("user-1", None)])
        learning.send(robot)
        learning.await_learned(20)
        process.terminate()
        assert process.count("invalid: 2") == 1
        assert process.count(f"robots: {len(robot) - 20}") == 1


def test_purchases_are_learned_once(learning: Learning) -> None:
    lines = [line(orderid="o", productid=f"product-{n}", quantity=1, milliseconds=int(START) * 1000) for n in range(3)]
    publisher = PurchasePublisher(learning.flow.kafka)
    with closing(publisher), learning.learner() as process:
        publisher.publish([("user-1", encode("user-1", lines))] * 2)
        learning.await_learned(3)
        process.terminate()
    header = book(learning.folder / "model").state[0]
    assert int(header["repeated"]) == 3


@pytest.mark.parametrize("damage", ["cut", "noise", "another version", "another size"])
def test_a_model_that_cannot_be_used_is_said_and_rebuilt(learning: Learning, damage: str) -> None:
    learning.begin()
    (checkpoint,) = learning.folder.glob("checkpoint-*")
    bytes_of = bytearray(checkpoint.read_bytes())
    if damage == "cut":
        del bytes_of[len(bytes_of) // 2 :]
    elif damage == "noise":
        bytes_of[-5000:-4000] = bytes(range(250)) * 4
    elif damage == "another version":
        bytes_of[8] += 1
    checkpoint.write_bytes(bytes_of)
    said = {"cut": "cut short", "noise": "damaged", "another version": "of version", "another size": "of another size"}
    changes = {"VITRINE_MODEL_NEIGHBOURS": "16"} if damage == "another size" else {}
    learning.send(views(100))
    with learning.learner(**changes) as process:
        process.await_log("rebuilding the model from what is stored", seconds=STARTED_WITHIN)
        assert said[damage] in process.log
        learning.await_learned(100)
        process.terminate()


def test_a_full_disk_is_said_and_learning_goes_on(learning: Learning) -> None:
    """No file may become as large as a model any more."""
    learning.begin()
    with learning.learner(VITRINE_LEARNER_CHECKPOINT_SECONDS="0.2") as process:
        process.await_log("learning from", seconds=STARTED_WITHIN)
        psutil.Process(process.process.pid).rlimit(psutil.RLIMIT_FSIZE, (SIZE.bytes - 1, SIZE.bytes - 1))
        learning.send(views(100))
        process.await_log("no checkpoint, the one before it stays: File too large; learning goes on")
        learning.send(views(100, seed=2))
        learning.await_learned(200)
        process.terminate()
    with learning.learner() as process:
        process.await_log("learning from", seconds=STARTED_WITHIN)
        learning.await_learned(200)
        process.terminate()


def test_a_second_learner_in_the_same_folder_is_refused(learning: Learning) -> None:
    with learning.learner() as first:
        first.await_log("learning from", seconds=STARTED_WITHIN)
        with learning.learner() as second:
            assert second.process.wait(120) == 1
            assert "another learner writes here" in second.log
        first.terminate()


def test_it_ends_in_time_whatever_is_away(learning: Learning) -> None:
    with learning.learner() as process:
        process.await_log("learning from", seconds=STARTED_WITHIN)
        with frozen(learning.flow.stack, "kafka"):
            process.await_log("The topic of erasures is away", seconds=120)
            process.terminate()
    (learning.folder / "checkpoint-0").unlink(missing_ok=True)
    (learning.folder / "checkpoint-1").unlink(missing_ok=True)
    with stopped(learning.flow.stack, "cassandra"), learning.learner() as process:
        process.await_log("the model is not rebuilt yet", seconds=STARTED_WITHIN)
        process.terminate()


def test_kafka_away_for_a_while(learning: Learning) -> None:
    with learning.learner() as process:
        learning.send(views(100))
        learning.await_learned(100)
        with stopped(learning.flow.stack, "kafka"):
            # It asks before each round who was erased, so that this is what it misses, whatever else.
            process.await_log("The topic of erasures is away")
        process.await_log("The topic of erasures is back")
        learning.send(views(100, seed=2))
        learning.await_learned(200)
        process.terminate()
