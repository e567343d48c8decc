"""What all tests share: the real servers, started once per process on free ports in a temporary folder."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from local_stack.processes import PREPARATIONS
from local_stack.stack import LocalStack, temporary_settings
from tests.integration.api.serving import Api, await_ready, serving
from tests.settings import DevelopmentSettings
from vitrine.settings import load

# Each of these folders shares one large stack, or what takes minutes to make.
SHARED = ("tests/integration/airflow/", "tests/end_to_end/", "tests/integration/analytics/")
# What takes minutes comes first, so that no process waits for another at the end; the small files fill it up.
ORDER = (
    *SHARED,
    "tests/faults/",
    "tests/integration/view_consumer/test_exactly_once.py",
    "tests/integration/",
    "tests/security/",
    "tests/",
)
# The origin whose pages may ask the API.
SHOP = "https://www.shop.example"
# On a busy machine an example takes longer than the 200 ms that it may by default.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")
# The servers live for minutes: without the second compiler, Java starts in half the processor time.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
# The tests start hundreds of Python processes, each of which would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class FilesInOrder(LoadScopeScheduling):  # type: ignore[misc]
    """Which of several processes (`-n 2`) runs what: a file is run by one, and so is all that shares one stack."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in SHARED if file.startswith(folder)), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next(place for place, start in enumerate(ORDER) if item.nodeid.startswith(start)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FilesInOrder:
    return FilesInOrder(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests say of themselves, such as how long something took."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what the consumer behind it has written."""
    report = yield
    if report.failed and (log := getattr(item, "funcargs", {}).get("consumer")):
        report.sections.append(("Log of the consumer", "\n".join(log.read_text().splitlines()[-50:])))
    return report


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
def prepared_stack(stack: LocalStack) -> LocalStack:
    """The stack with tables and topics."""
    for preparation in PREPARATIONS:
        preparation.run(stack.environment())
    return stack


@pytest.fixture(scope="session")
def api(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API with the settings of `make up`, connected, without a model."""
    folder = tmp_path_factory.mktemp("api")
    environment = prepared_stack.environment() | {
        "VITRINE_CORS_ALLOWED_ORIGINS": SHOP,
        "VITRINE_MODEL_FOLDER": str(folder),
    }
    with serving(folder, **environment) as running:
        await_ready(running)
        yield running


@pytest.fixture(scope="session")
def consumer(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What brings the posted views into Cassandra; gives its log."""
    log = tmp_path_factory.mktemp("consumer") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.view_consumer"],
            env={**os.environ, **prepared_stack.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real data of shops; what needs it is skipped where it is missing."""
    folder: Path = load(DevelopmentSettings).test_data_folder
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder} (VITRINE_TEST_DATA_FOLDER)")
    return folder
