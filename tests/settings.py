"""What only tests and benchmarks read."""

from pathlib import Path

from pydantic import field_validator

from vitrine.settings import PROJECT_FOLDER, Settings, from_the_project


class DevelopmentSettings(Settings):
    """Where what is not part of the project lies."""

    # Real data of shops; tests over it are skipped where it is missing.
    test_data_folder: Path = PROJECT_FOLDER.parent / "shared" / "data"
    # Its `up` makes a Docker engine with stand-ins of the official images, where `make test-compose` finds no engine.
    compose_lab_folder: Path = PROJECT_FOLDER.parent / "shared" / "compose-lab"

    @field_validator("test_data_folder", "compose_lab_folder")
    @classmethod
    def _from_the_project(cls, value: Path) -> Path:
        return from_the_project(value)
