"""The Postman collection against what `make up` has started, by newman."""

import json
import subprocess
from xml.etree import ElementTree

import pytest

from tests.end_to_end import newman
from tests.end_to_end.clone import Clone

# The first test waits for `make up` in a fresh clone.


@pytest.fixture(scope="module")
def done(clone: Clone, shown: str) -> "subprocess.CompletedProcess[str]":
    assert "have not succeeded yet" not in shown
    return newman.run(f"http://127.0.0.1:{clone.settings.stack_api_port}", "postman")


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
    assert newman.run("http://127.0.0.1:9", "nobody-answers", "--folder", "Without history").returncode != 0


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
