"""A lake in a folder, and a source of one table."""

from pathlib import Path

import pytest

from vitrine.lake.place import Lake
from vitrine.settings import LakeSettings


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(LakeSettings(lake=str(tmp_path / "lake"), csv_folder=str(tmp_path)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the source's files are."""
    made = tmp_path / "sales"
    made.mkdir()
    return made
