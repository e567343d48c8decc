"""Airflow's own environment: `.airflow/` at the top of the project, as requirements/airflow.txt locks it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable

from local_stack import openmp
from vitrine.errors import StackError
from vitrine.locks import alone_in
from vitrine.settings import PROJECT_FOLDER

FOLDER = PROJECT_FOLDER / ".airflow"
PYTHON = FOLDER / "bin" / "python"
LOCK_FILE = PROJECT_FOLDER / "requirements" / "airflow.txt"


def ensure(say: Callable[[str], None]) -> None:
    """Makes the environment, or renews it when the lock has changed; safe when several stacks do so at once.

    Raises StackError when the package registry is out of reach.
    """
    FOLDER.mkdir(exist_ok=True)
    with alone_in(FOLDER):
        installed = FOLDER / ".installed"
        if not installed.exists() or installed.read_text() != _wanted():
            say("Installing Airflow into an environment of its own (once)")
            installed.unlink(missing_ok=True)
            _install()
            installed.write_text(_wanted())


def lock_digest() -> str:
    """What tells one set of locked packages from another."""
    return hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()


def _wanted() -> str:
    # An environment contains its own path and that of the project, so it cannot be moved.
    return "\n".join((lock_digest(), sys.version, str(FOLDER)))


def _install() -> None:
    _uv("venv", "--quiet", "--allow-existing", "--python", sys.executable, str(FOLDER))
    _uv("pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", str(LOCK_FILE))
    _uv("pip", "install", "--quiet", "--no-deps", "--editable", str(PROJECT_FOLDER))
    openmp.ensure(FOLDER)


def _uv(*arguments: str) -> None:
    from uv import find_uv_bin

    done = subprocess.run(
        (find_uv_bin(), *arguments),
        env={**os.environ, "VIRTUAL_ENV": str(FOLDER)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"Airflow cannot be installed: uv {arguments[0]} says\n{done.stderr.strip()}")
