"""The Dockerfiles, by hadolint."""

import subprocess
import sysconfig
from pathlib import Path

import pytest

from vitrine.settings import PROJECT_FOLDER

DOCKERFILES = sorted((PROJECT_FOLDER / "docker").glob("*.Dockerfile"))
SHARED_STAGES = ("AS base", "AS uv", "AS project")


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: str(file.name))
def test_the_linter_has_nothing_to_say(file: Path) -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, "--no-color", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("stage", SHARED_STAGES)
def test_a_shared_stage_is_the_same_for_every_process(stage: str) -> None:
    """Only then is it built once for all of them."""
    assert len(DOCKERFILES) == 7
    stages = {
        part for file in DOCKERFILES for part in file.read_text().split("\nFROM ") if stage in part.split("\n")[0]
    }
    assert len(stages) == 1
