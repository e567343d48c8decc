"""What is left of a model after kill -9, on a full disk, and where its files are damaged."""

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.unit.vitrine.learning.learner import EVERY
from tests.unit.vitrine.learning.small_model import (
    MINUTE,
    NOON,
    SMALL,
    View,
    by_time,
    events,
    learn,
    random_sessions,
    session,
    sums,
)
from vitrine.errors import ModelFileError
from vitrine.learning import Generation, Model, ModelReader, Size, Stream
from vitrine.learning.layout import HEADER, map_file
from vitrine.settings import PROJECT_FOLDER

NewModel = Callable[..., Model]
KILLS = 8


@pytest.fixture(scope="module")
def views_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More products, users and events than the model holds, and some that are late or repeated."""
    chance = random.Random(1)
    views = by_time([view for seed in range(6) for view in random_sessions(seed, users=150, products=600)])
    views += chance.sample(views, 200)
    path = tmp_path_factory.mktemp("views") / "views"
    path.write_text("".join(json.dumps(view) + "\n" for view in views))
    return path


@contextmanager
def learner(folder: Path, views: Path, max_file_bytes: int = 0) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "tests.unit.vitrine.learning.learner",
        str(folder),
        str(views),
        str(max_file_bytes),
    ]
    with subprocess.Popen(command, cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def run(folder: Path, views: Path, max_file_bytes: int = 0) -> list[str]:
    with learner(folder, views, max_file_bytes) as process:
        output, _ = process.communicate()
    assert process.returncode == 0
    return output.splitlines()


def learned(model: Path) -> bytes:
    """All that was learned, byte by byte, with the offsets: everything but how often the learner began."""
    whole = bytearray(model.read_bytes())
    for name in ("generation", "checkpoint"):
        kind, offset, *_ = HEADER.fields[name]  # type: ignore[index]
        whole[offset : offset + kind.itemsize] = bytes(kind.itemsize)
    return bytes(whole)


def test_killed_at_any_moment_it_learns_what_an_uninterrupted_run_learns(tmp_path: Path, views_file: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(whole, views_file)[-1].startswith("end")
    chance, starts = random.Random(2), set()
    for _ in range(KILLS):
        with learner(killed, views_file) as process:
            assert process.stdout is not None
            starts.add(int(process.stdout.readline().split()[1]))
            for _ in range(chance.randrange(4)):
                process.stdout.readline()
            time.sleep(chance.uniform(0, 0.02))
            process.kill()
    assert len(starts) > KILLS // 2, "most were killed after a checkpoint"
    assert all(start % EVERY == 0 for start in starts)
    assert run(killed, views_file)[-1].startswith("end")
    assert learned(killed / "model") == learned(whole / "model")


def test_a_disk_that_is_full_leaves_the_older_checkpoint_and_learning_goes_on(tmp_path: Path, views_file: Path) -> None:
    """The kernel refuses to write more than a file may hold, as it does where a disk is full."""
    folder, part = tmp_path / "model", tmp_path / "part"
    part.write_text("".join(views_file.read_text().splitlines(keepends=True)[: 2 * EVERY]))
    run(folder, part)
    lines = run(folder, views_file, max_file_bytes=SMALL.bytes // 2)
    errors = [line for line in lines if line.startswith("error")]
    assert errors
    assert not [line for line in lines if line.startswith("checkpoint")]
    assert "no checkpoint, the one before it stays: File too large" in errors[0]
    assert lines[-1].startswith("end")
    assert not list(folder.glob("*.new"))
    model = Model.open(folder, SMALL)
    assert model.offsets(Stream.VIEWS) == {0: 2 * EVERY}
    model.close()


def test_a_start_goes_on_from_the_newest_checkpoint(new_model: NewModel) -> None:
    model = new_model("model")
    learn(model, session("u", "a b"))
    model.checkpoint().result()
    learn(model, session("v", "a c"))
    model.checkpoint().result()
    expected = sums(model.path)
    learn(model, session("w", "x y"))
    model.close()
    assert sums(new_model("model").path) == expected


def test_an_open_session_goes_on_after_a_start(new_model: NewModel) -> None:
    model = new_model("model")
    learn(model, session("u", "a"))
    model.checkpoint().result()
    model.close()
    again = new_model("model")
    learn(again, [*session("u", "a"), View("u", "b", "later", NOON + MINUTE)])
    assert sums(again.path)["a", "b", "forward"] > 0
    assert again.counts == {"learned": 2, "repeated": 1, "robots": 0}


@pytest.fixture
def two_checkpoints(new_model: NewModel) -> Path:
    """A folder with two; one view was learned before the first, another before the second."""
    model = new_model("model")
    for number in range(2):
        model.learn(events([View("u", "a", str(number), NOON + number)]), offsets={0: number + 1})
        model.checkpoint().result()
    model.close()
    return model.path.parent


def newest(folder: Path) -> Path:
    found = {int(map_file(path, None, writable=False).header["checkpoint"][0]): path for path in folder.glob("check*")}
    return found[max(found)]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def damage(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def replace_by_something_else(path: Path) -> None:
    path.write_bytes(b"something else" * 100_000)


def make_of_another_version(path: Path) -> None:
    file = map_file(path, None, writable=True)
    file.header["version"] = 99


def make_with_other_formulas(path: Path) -> None:
    file = map_file(path, None, writable=True)
    file.header["formulas"][0, 0] = 30.0


FAULTS = {
    cut: "bytes",
    cut_to_nothing: "cut short: 0 bytes",
    damage: "its checksum does not fit",
    replace_by_something_else: "not a model file",
    make_of_another_version: "of version 99; this is version 2",
    make_with_other_formulas: "learned with other formulas",
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.items())
def test_where_the_newest_checkpoint_is_broken_the_other_one_serves(
    two_checkpoints: Path, fault: Callable[[Path], None], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    fault(newest(two_checkpoints))
    model = Model.open(two_checkpoints, SMALL)
    assert model.offsets(Stream.VIEWS) == {0: 1}
    assert message in caplog.text
    model.close()


@pytest.mark.parametrize(("fault", "message"), FAULTS.items())
def test_where_both_are_broken_it_is_said_and_learning_can_begin_anew(
    two_checkpoints: Path, fault: Callable[[Path], None], message: str
) -> None:
    for path in two_checkpoints.glob("checkpoint-*"):
        fault(path)
    with pytest.raises(ModelFileError, match=message) as error:
        Model.open(two_checkpoints, SMALL)
    assert "checkpoint-0" in str(error.value)
    assert "checkpoint-1" in str(error.value)
    model = Model.open(two_checkpoints, SMALL, anew=True)
    assert model.offsets(Stream.VIEWS) == {}
    assert model.counts["learned"] == 0
    model.close()


def test_a_model_of_another_size_is_refused(two_checkpoints: Path) -> None:
    with pytest.raises(ModelFileError, match="of another size"):
        Model.open(two_checkpoints, Size(products=500, neighbours=64, users=800, events=8000))


def test_a_copy_that_was_not_finished_is_no_checkpoint(two_checkpoints: Path) -> None:
    """Killed while it was written: the name of a checkpoint is given last."""
    shutil.copyfile(newest(two_checkpoints), two_checkpoints / "checkpoint-0.new")
    cut(two_checkpoints / "checkpoint-0.new")
    model = Model.open(two_checkpoints, SMALL)
    assert model.offsets(Stream.VIEWS) == {0: 2}
    model.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelFileError, match="cannot be written: Not a directory"):
        Model.open(tmp_path / "file" / "model", SMALL)


def test_a_reader_follows_from_generation_to_generation(new_model: NewModel, tmp_path: Path) -> None:
    reader = ModelReader(tmp_path / "model" / "model")
    assert reader.current() is None
    assert "cannot be read" in reader.problem or "no model yet" in reader.problem
    model = new_model("model")
    learn(model, session("u", "a b"))
    first = reader.current()
    assert first is not None
    assert first is reader.current()
    assert reader.problem == ""
    assert first.newest == NOON + MINUTE
    model.checkpoint().result()
    model.close()
    again = new_model("model")
    learn(again, session("v", "a c"))
    second = reader.current()
    assert second is not None
    assert second.number == first.number + 1
    assert {ranked.product for ranked in second.rank(["a"])} == {"b", "c"}
    assert {ranked.product for ranked in first.rank(["a"])} == {"b"}, "who still holds the first may go on with it"


@pytest.mark.parametrize("fault", [cut_to_nothing, replace_by_something_else])
def test_a_file_that_cannot_be_read_leaves_the_generation_before_it(
    model: Model, fault: Callable[[Path], None]
) -> None:
    learn(model, session("u", "a b"))
    reader = ModelReader(model.path)
    first = reader.current()
    broken = model.path.with_name("broken")
    broken.touch()
    fault(broken)
    broken.replace(model.path)
    assert reader.current() is first
    assert str(model.path) in reader.problem


def test_generations_of_a_file_are_arrays_that_cannot_be_written(model: Model) -> None:
    with pytest.raises(ValueError, match="read-only"):
        map_file(model.path, None, writable=False).book.forward[0, 0] = np.float32(1)
    assert Generation(model.path).newest is None
