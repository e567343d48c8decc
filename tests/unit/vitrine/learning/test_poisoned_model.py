"""A model file that somebody else has written: refused, or read without harm, and never the end of the API."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.errors import ModelFileError
from vitrine.learning import Model
from vitrine.learning.layout import map_file
from vitrine.learning.reader import Generation

ABSURD = [
    (2**62, 2, 8, 8),
    (2, 2**62, 8, 8),
    (2**57, 128, 8, 8),
    (2, 2, 2**61, 8),
    (2, 2, 8, 2**63 - 8),
    (2**63 - 1, 2**63 - 1, 2**63 - 8, 2**63 - 8),
    (-1, 2, 8, 8),
    (0, 0, 0, 0),
    (2, 2, 7, 8),
]


@pytest.mark.parametrize("counts", ABSURD, ids=str)
def test_absurd_counts_are_refused(model: Model, tmp_path: Path, counts: tuple[int, ...]) -> None:
    """Also those whose product is small, or less than nothing, in 64 bits."""
    copy = tmp_path / "copy"
    shutil.copyfile(model.path, copy)
    map_file(copy, None, writable=True).header["size"][0] = counts
    with pytest.raises(ModelFileError):
        Generation(copy)


READING = """
import sys
from pathlib import Path
from vitrine.learning import Period
from vitrine.learning.reader import Generation
generation = Generation(Path(sys.argv[1]))
for _ in range(3):
    generation.rank(["a", "b", "c", "x"])
    generation.similar("a")
    for period in Period:
        generation.rising(period)
    generation.numbers_of(["a", "b"]), generation.newest, generation.numbering
"""


@pytest.mark.parametrize("seed", [0, 1])
def test_arrays_of_any_bytes_are_read_without_harm(model: Model, tmp_path: Path, seed: int) -> None:
    """In a process of its own: an index out of bounds in compiled code would end it."""
    import numpy as np

    copy = tmp_path / "copy"
    shutil.copyfile(model.path, copy)
    file = map_file(copy, None, writable=True)
    dice = np.random.default_rng(seed)
    for array in file.book:
        flat = array.view(np.uint8).reshape(-1)
        flat[:] = dice.integers(0, 256, len(flat), dtype=np.uint8)
        if seed % 2:
            flat[dice.random(len(flat)) < 0.7] = 0
    file.book.state["clicks"] = 1
    done = subprocess.run([sys.executable, "-c", READING, str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
