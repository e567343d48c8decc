"""What all tests share: the real servers, started once per run on free ports in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.stack import LocalStack, temporary_settings
from vitrine.settings import DevelopmentSettings, load


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Kafka, Cassandra and Postgres, healthy, empty; `stack.environment()` is how our processes find them."""
    running = LocalStack(temporary_settings(tmp_path_factory.mktemp("stack")))
    running.up(processes=False)
    try:
        yield running
    finally:
        running.clean()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real data of shops; what needs it is skipped where it is missing."""
    folder: Path = load(DevelopmentSettings).test_data_folder
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder} (VITRINE_TEST_DATA_FOLDER)")
    return folder
