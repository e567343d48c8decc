"""What all tests share: the real servers, started once per process on free ports in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from local_stack.stack import LocalStack, temporary_settings
from tests.settings import DevelopmentSettings
from vitrine.settings import load

AIRFLOW = "tests/integration/airflow"


class FilesInOrder(LoadScopeScheduling):  # type: ignore[misc]
    """Which of several processes (`-n 2`) runs what: a file is run by one, and so is all that shares one Airflow."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return AIRFLOW if file.startswith(f"{AIRFLOW}/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FilesInOrder:
    return FilesInOrder(config, log)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Kafka, Cassandra and Postgres, healthy, empty; `stack.environment()` is how our processes find them."""
    running = LocalStack(temporary_settings(tmp_path_factory.mktemp("stack")))
    try:
        running.up(processes=False)
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
