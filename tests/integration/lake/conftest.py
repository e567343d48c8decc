"""What the lake is filled from: a real S3 server, a real Postgres; and a lake in a folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from local_stack import jars
from local_stack.s3 import s3
from local_stack.stack import LocalStack, temporary_settings
from tests.integration.lake.s3_server import S3Server
from tests.integration.lake.shop_database import filled, made_database
from vitrine.lake.place import Lake
from vitrine.settings import LakeSettings, ShopDatabaseSettings


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    settings = temporary_settings(tmp_path_factory.mktemp("s3"))
    jars.ensure(settings.stack_jars_folder, [jar for jar in jars.read_lock() if jar.program == "s3proxy"], print)
    program = s3(settings)
    program.prepare()
    server = S3Server(program.command, settings.stack_data_folder, program.url)
    server.start(program.is_healthy)
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    return s3_server.make_bucket()


@pytest.fixture
def database(stack: LocalStack) -> Iterator[ShopDatabaseSettings]:
    with made_database(stack.settings.stack_postgres_port) as made:
        yield made


@pytest.fixture
def shop(database: ShopDatabaseSettings) -> Iterator[Connection]:
    with filled(database) as connection:
        yield connection


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(LakeSettings(lake=str(tmp_path / "lake")))
