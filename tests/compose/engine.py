"""A Docker engine: one that answers, or one that the compose lab starts for the time of the tests."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.compose.project import docker
from tests.settings import DevelopmentSettings
from vitrine.settings import load


@contextmanager
def running_engine() -> Iterator[None]:
    """An engine that answers to `docker`; the one that the lab starts, with its own images only, is ended again."""
    if _answers():
        yield
        return
    lab = load(DevelopmentSettings).compose_lab_folder
    if not (lab / "up").exists():
        raise RuntimeError(f"no Docker engine answers, and {lab} (VITRINE_COMPOSE_LAB_FOLDER) has none to start")
    subprocess.run([lab / "up", "python", "kafka", "cassandra", "postgres"], check=True)
    try:
        yield
    finally:
        subprocess.run([lab / "down"], check=True)


def _answers() -> bool:
    try:
        return docker("version").returncode == 0
    except FileNotFoundError:
        return False
