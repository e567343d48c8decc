"""`python -m local_stack.openmp`: libgomp for LightGBM, whose wheel has none, where the machine has none either.

It is put into this Python's environment, where vitrine.recommending.fitting looks for it.
"""

import ctypes
import shutil
import sys
import tempfile
from pathlib import Path

from local_stack import debian
from vitrine.errors import StackError

LIBRARY, PACKAGE = "libgomp.so.1", "libgomp1"


def ensure(environment: Path) -> None:
    """Makes sure that there is one. Raises StackError where none can be had."""
    if not is_installed() and not (environment / "lib" / LIBRARY).exists():
        put(environment)


def is_installed() -> bool:
    """Whether the machine has it."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


def put(environment: Path) -> None:
    """Debian's, unpacked into an environment."""
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / "root"
        debian.unpack((PACKAGE,), unpacked)
        (found,) = {file.resolve() for file in unpacked.rglob(LIBRARY)}
        shutil.copy(found, environment / "lib" / LIBRARY)


if __name__ == "__main__":
    try:
        ensure(Path(sys.prefix))
    except StackError as error:
        sys.exit(f"LightGBM needs {LIBRARY}, which is missing and cannot be fetched (install {PACKAGE}): {error}")
