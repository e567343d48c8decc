"""Files of other systems, sent by `python -m services.event_importer`, until they are in Cassandra."""

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from tests.integration.view_consumer.flow import Flow
from tests.integration.view_consumer.test_shop_events import stored
from vitrine.settings import PROJECT_FOLDER

PAGE = (PROJECT_FOLDER / "docs/shopify.md").read_text()
VISITOR = "anon-2e1c9d1e6f0b4b528f6a9a3a7d5c1f04"


def run(flow: Flow, *arguments: str, given: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "services.event_importer", *arguments],
        env={**os.environ, **flow.environment(), **environment},
        cwd=PROJECT_FOLDER,
        input=given,
        capture_output=True,
        check=False,
        timeout=300,
    )


def consume(flow: Flow) -> None:
    with flow.consuming() as process:
        flow.await_done()
        flow.of_shop_events().await_done()
        process.terminate()


def test_the_page_of_shopify_is_true(flow: Flow) -> None:
    """Its command on its file, twice: the same payload is the same event."""
    ((command, shown),) = re.findall(
        r"^\$ \.venv/bin/python -m services.event_importer (.*)\n(.*)$", PAGE, re.MULTILINE
    )
    for _ in range(2):
        done = run(flow, *shlex.split(command))
        assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (0, shown)
    consume(flow)
    assert [(user, product) for user, _, product in flow.rows()] == [(VISITOR, "8266836345064")]
    assert sorted((userid, kind) for userid, _, kind, *_ in stored(flow)) == [
        (VISITOR, "OrderCompleted"),
        (VISITOR, "ProductAdded"),
        (VISITOR, "ProductRemoved"),
        (VISITOR, "Searched"),
    ]


def viewed(number: int, **more: object) -> dict[str, Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 86_400 + number))
    message = {"type": "track", "event": "Product Viewed", "userId": f"user-{number % 7}", "messageId": f"m-{number}"}
    # As it was sent a day ago: an archive tells no wrong clock.
    return message | {"properties": {"product_id": f"p-{number}"}, "timestamp": moment, "sentAt": moment} | more


def test_an_archive_of_segment_with_faults(flow: Flow, tmp_path: Path) -> None:
    good = [viewed(number) for number in range(1200)]
    bad = [
        (b"no JSON", "malformed"),
        (json.dumps(viewed(1, timestamp=None)).encode(), "`timestamp` is missing"),
        (json.dumps(viewed(1, userId=None)).encode(), "neither `userId` nor `anonymousId`"),
        (json.dumps(viewed(1, event="Signed Up")).encode(), "nothing is kept of 'Signed Up'"),
        (json.dumps(viewed(1, type="delete")).encode(), "`type` is none of"),
    ]
    page = {"type": "page", "userId": "user-1", "messageId": "page-1", "timestamp": good[0]["timestamp"]}
    lines = [json.dumps(each).encode() for each in [*good, page]]
    file = tmp_path / "archive.gz"
    file.write_bytes(gzip.compress(b"\n".join([text for text, _ in bad] + lines)))
    done = run(flow, "--form", "segment", str(file), str(tmp_path / "missing"))
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert said.splitlines()[-1] == "1,200 events acknowledged, 1 of no use here, 6 not valid"
    for line, (_, reason) in enumerate(bad, 1):
        assert re.search(rf"{re.escape(str(file))}:{line}: .*{re.escape(reason)}", said), said
    assert f"{tmp_path / 'missing'}: No such file or directory" in said
    consume(flow)
    assert flow.rows() == sorted((each["userId"], each["messageId"], f"p-{n}") for n, each in enumerate(good))


def test_standard_input_is_a_file_too(flow: Flow) -> None:
    done = run(flow, "--form", "segment", "-", given=json.dumps([viewed(1), viewed(2)]).encode())
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (
        0,
        "2 events acknowledged, 0 of no use here, 0 not valid",
    )


def test_without_kafka_it_says_so(flow: Flow) -> None:
    done = run(flow, "--form", "shopify", "-", VITRINE_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("event_importer: Kafka: ")


def test_a_wrong_command_line_is_said(flow: Flow) -> None:
    for arguments in ((), ("-",), ("--form", str(uuid.uuid4()), "-")):
        assert run(flow, *arguments).returncode == 2
