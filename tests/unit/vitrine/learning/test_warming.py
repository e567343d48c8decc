"""What was warmed up is not compiled when somebody waits."""

import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.learning import compiled
from vitrine.settings import PROJECT_FOLDER

# A list of each kind, and a batch learned; then what else had to be compiled for them.
SCRIPT = """
from pathlib import Path
from tempfile import mkdtemp
from numba.core import event
from vitrine.learning import *

warm_up()
with event.install_recorder("numba:compile") as compiled:
    model = Model.open(Path(mkdtemp()), Size(products=100, neighbours=8, users=80, events=80))
    model.learn(Events(["u", "u"], ["a", "b"], ["1", "2"], [0.0, 1.0]), stream=Stream.PURCHASES)
    model.forget("u", [("a", "1", 0.0)], keeping=[("a", "1", 0.0)])
    generation = Generation(model.path)
    allowed = generation.mask_of(["b"])
    generation.rank(["a"], Wanted(allowed=allowed, may_repeat=True))
    generation.because(["a"], ["b"])
    generation.features(["a"])
    generation.rising(Period.WEEK, Wanted(allowed=allowed))
print(len(compiled.buffer))
"""


def test_warming_up_leaves_nothing_to_compile() -> None:
    command = [sys.executable, "-c", SCRIPT]
    assert subprocess.run(command, cwd=PROJECT_FOLDER, check=True, capture_output=True, text=True).stdout == "0\n"


def test_what_is_compiled_is_kept_where_it_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere = Path("/proc/nowhere")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(nowhere))
    monkeypatch.setattr(compiled, "_HERE", nowhere)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = compiled._cache_folder()
    assert found is not None
    assert found.is_relative_to(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(nowhere))
    assert compiled._cache_folder() is None
