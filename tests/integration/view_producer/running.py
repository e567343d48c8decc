"""The real process."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.integration.view_producer.topic import Topic

COMMAND = (sys.executable, "-m", "services.view_producer")


def view(userid: str = "user-78", **changes: object) -> dict[str, Any]:
    return {
        "event": "ProductView",
        "messageid": str(uuid4()),
        "userid": userid,
        "properties": {"productid": "product-173"},
        "context": {"source": "desktop"},
        **changes,
    }


def lines(views: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in views)


def write(path: Path, views: Iterable[dict[str, Any]]) -> str:
    path.write_bytes(lines(views))
    return str(path)


def environment(topic: Topic) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    return {**inherited, **topic.environment}


def run(
    topic: Topic, *arguments: str, standard_input: bytes = b"", folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """To its end; what it wrote is text."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(topic),
        cwd=folder,
        input=standard_input,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


class Running:
    """It runs until it ends or the `with` block does; what it wrote on standard error is in a file."""

    def __init__(self, topic: Topic, folder: Path, *arguments: str) -> None:
        self._log = folder / "producer.log"
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, *arguments],
                env=environment(topic),
                stdin=subprocess.PIPE,
                stderr=output,
            )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()

    @property
    def said(self) -> str:
        return self._log.read_text()

    def end_after(self, signal_number: int) -> int:
        self.process.send_signal(signal_number)
        return self.process.wait(120)


def acknowledged(said: str) -> int:
    """The count in the last sentence."""
    (count,) = re.findall(r"^([\d,]+) views acknowledged, ", said, re.MULTILINE)
    return int(count.replace(",", ""))
