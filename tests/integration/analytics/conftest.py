import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.lakes import land_made_up_shop
from local_stack.postgres import postgres as postgres_program
from local_stack.stack import temporary_settings
from tests.integration.analytics.published import publish_everything
from tests.integration.analytics.receivers import MailServer, WebhookServer
from tests.integration.analytics.running import Analytics
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def postgres_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Postgres alone: the other servers of the stack have no part in this."""
    settings = temporary_settings(tmp_path_factory.mktemp("postgres"))
    program = postgres_program(settings, "vitrine_shop")
    program.prepare()
    process = subprocess.Popen(program.command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: program.is_healthy(process.pid), what="Postgres does not answer", pause=0.1)
        yield settings.stack_postgres_port
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, postgres_port: int) -> Analytics:
    """A warehouse over a small shop, its marts built; not to be changed."""
    folder = tmp_path_factory.mktemp("built")
    land_made_up_shop(folder / "lake", users=20, products=50, orders=120, views=300)
    analytics = Analytics(folder, postgres_port, f"shop_{uuid4().hex}")
    analytics.make_database()
    analytics.run("staging")
    analytics.run("recommendations")
    analytics.run("marts")
    return analytics


@pytest.fixture(scope="session")
def published(real_data: Path, tmp_path_factory: pytest.TempPathFactory, postgres_port: int) -> Analytics:
    """Real households and a small shop, through all steps."""
    return publish_everything(real_data, tmp_path_factory.mktemp("published"), postgres_port)


@pytest.fixture
def analytics(built: Analytics, tmp_path: Path) -> Analytics:
    """A copy of it, with a database of its own."""
    folder = tmp_path / "warehouse"
    shutil.copytree(built.folder, folder)
    copy = Analytics(folder, built.port, f"shop_{uuid4().hex}")
    copy.make_database()
    return copy


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as server:
        yield server
