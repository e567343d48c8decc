"""Debian's Prometheus and promtool: as installed, else unpacked beside the project, where a machine has neither."""

import shutil
import subprocess
from pathlib import Path

from local_stack import debian
from vitrine.settings import PROJECT_FOLDER

UNPACKED = PROJECT_FOLDER / ".prometheus"
RULES = PROJECT_FOLDER / "docker" / "observability"


def program(name: str) -> Path:
    """`prometheus` or `promtool`. Raises StackError where it is missing and cannot be fetched (20 MB)."""
    if installed := shutil.which(name):
        return Path(installed)
    if not UNPACKED.exists():
        debian.unpack(("prometheus",), UNPACKED)
    return UNPACKED / "usr/bin" / name


def promtool(*arguments: str | Path) -> None:
    """Fails with what it says."""
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
