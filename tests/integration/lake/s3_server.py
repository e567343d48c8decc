"""A real S3 server that a test may stop and start."""

import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_stack.s3 import ACCESS_KEY, SECRET_KEY
from tests.waiting import wait_until
from vitrine.lake.place import filesystem
from vitrine.settings import LakeSettings


@dataclass
class S3Server:
    """Its command, and where it answers."""

    command: tuple[str, ...]
    folder: Path
    url: str
    process: subprocess.Popen[bytes] | None = None

    def start(self, is_healthy: Callable[[int], bool]) -> None:
        self.process = process = subprocess.Popen(self.command, cwd=self.folder)
        wait_until(lambda: is_healthy(process.pid), what="S3 does not answer", pause=0.1)

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
