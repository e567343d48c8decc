"""The Postman collection against a whole stack, by newman."""

import json
import subprocess
import sys
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from local_stack.processes import OneShot
from local_stack.stack import LocalStack, temporary_settings
from tests.end_to_end import newman


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A stack with the sample shop, whose orders have been carried over."""
    running = LocalStack(temporary_settings(tmp_path_factory.mktemp("postman")))
    running.up()
    try:
        for pipeline in ("orders-to-cassandra", "best-sellers"):
            OneShot(f"run {pipeline}", (sys.executable, "-m", "vitrine.pipelines", pipeline)).run(running.environment())
        yield f"http://127.0.0.1:{running.settings.stack_api_port}"
    finally:
        running.clean()


@pytest.fixture(scope="module")
def done(base_url: str) -> "subprocess.CompletedProcess[str]":
    return newman.run(base_url, "postman")


def test_every_test_of_every_request_passes(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("done")
def test_a_junit_report_of_every_request_is_kept() -> None:
    report = ElementTree.parse(newman.REPORTS / "postman.xml").getroot()  # noqa: S314 - newman's own
    reported = {suite.get("name", "").split(" / ")[-1] for suite in report.iter("testsuite")}
    assert reported >= set(_requests())


def test_every_request_has_tests_on_its_status() -> None:
    for name, scripts in _requests().items():
        assert "status" in scripts or "pm.response.code" in scripts, name


def test_a_wrong_answer_fails_the_collection() -> None:
    assert newman.run("http://127.0.0.1:9", "nobody-answers").returncode != 0


def _requests() -> dict[str, str]:
    """The test script of each request, by name."""
    collection = json.loads((newman.FOLDER / "vitrine.postman_collection.json").read_text())
    return {
        request["name"]: "\n".join(
            line for event in request["event"] if event["listen"] == "test" for line in event["script"]["exec"]
        )
        for folder in collection["item"]
        for request in folder["item"]
    }
