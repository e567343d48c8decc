"""A real S3 server, and lakes in it."""

import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_stack import jars
from local_stack.s3 import ACCESS_KEY, SECRET_KEY, s3
from local_stack.stack import temporary_settings
from vitrine.lake.place import Lake, filesystem
from vitrine.settings import LakeSettings


@dataclass
class S3Server:
    """A server that a test may stop and start."""

    command: tuple[str, ...]
    folder: Path
    url: str
    process: subprocess.Popen[bytes] | None = None

    def start(self, is_healthy: Any) -> None:  # noqa: ANN401 - as Program has it
        self.process = subprocess.Popen(self.command, cwd=self.folder)
        deadline = time.monotonic() + 60
        while not is_healthy(self.process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()

    def settings(self, bucket: str, **others: Any) -> LakeSettings:  # noqa: ANN401 - any setting
        keys = {"s3_endpoint": self.url, "s3_access_key": ACCESS_KEY, "s3_secret_key": SECRET_KEY}
        return LakeSettings(**{"lake": f"s3://{bucket}/lake", **keys, **others})

    def make_bucket(self) -> str:
        """A bucket of its own for a test."""
        name = f"test-{uuid.uuid4().hex[:8]}"
        filesystem(self.settings(name), f"s3://{name}").call_s3("create_bucket", Bucket=name)
        return name


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
def lake(s3_server: S3Server, bucket: str) -> Lake:
    return Lake(s3_server.settings(bucket, csv_folder=f"s3://{bucket}/csv"))
