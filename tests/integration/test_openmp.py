"""Debian's libgomp, unpacked for LightGBM."""

import subprocess
import sys
from pathlib import Path

import pytest

from local_stack import debian, openmp
from vitrine.errors import StackError

SCRIPT = """
import ctypes, sys
ctypes.CDLL(sys.argv[1], ctypes.RTLD_GLOBAL)
import lightgbm
print([line.split()[-1] for line in open("/proc/self/maps") if "libgomp" in line])
"""


def test_an_environment_without_libgomp_gets_debians(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    openmp.put(tmp_path)
    library = tmp_path / "lib" / openmp.LIBRARY
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(library)], capture_output=True, text=True, check=True)
    assert set(eval(done.stdout)) == {str(library)}  # noqa: S307 - printed by the script above


def test_where_the_machine_has_one_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    openmp.ensure(tmp_path)
    assert openmp.is_installed() != (tmp_path / "lib" / openmp.LIBRARY).exists()


def test_a_package_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no-such-package"):
        debian.unpack(("no-such-package",), tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()
