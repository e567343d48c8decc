"""Log lines of real processes: text for people, a JSON object a line for whoever collects them."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import logging
from vitrine.logs import configure_logging, say
configure_logging()
logger = logging.getLogger("a.logger")
logger.warning("%s is away", "Kafka", extra={"server": "Kafka"})
try:
    raise ValueError("two\\nlines")
except ValueError:
    logger.exception("it broke")
say("a_command", "done: 3", done=3)
"""


def said(**variables: str) -> str:
    environment = {**os.environ, **variables}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def test_text_is_for_people() -> None:
    lines = said(VITRINE_LOG_FORMAT="text").splitlines()
    assert lines[0].endswith("WARNING a.logger: Kafka is away")
    assert lines[-1] == "done: 3"


def test_json_is_an_object_a_line_with_level_event_and_fields() -> None:
    away, broke, done = map(json.loads, said(VITRINE_LOG_FORMAT="json").splitlines())
    assert (away["level"], away["logger"], away["event"]) == ("WARNING", "a.logger", "Kafka is away")
    assert away["server"] == "Kafka"
    assert away["time"].endswith("+00:00")
    assert (broke["level"], broke["event"]) == ("ERROR", "it broke")
    assert broke["traceback"].endswith("ValueError: two\nlines")
    assert (done["level"], done["logger"], done["event"], done["done"]) == ("INFO", "a_command", "done: 3", 3)


@pytest.mark.parametrize(
    "command", ["services.view_consumer", "services.view_producer", "vitrine.streaming", "vitrine.storage", "api"]
)
def test_another_format_is_refused_with_a_sentence(command: str) -> None:
    arguments = ["no-file"] if command == "services.view_producer" else []
    done = subprocess.run(
        [sys.executable, "-m", command, *arguments],
        env={**os.environ, "VITRINE_LOG_FORMAT": "xml", "DJANGO_SETTINGS_MODULE": "api.settings.development"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "VITRINE_LOG_FORMAT" in done.stderr
    assert "Traceback" not in done.stderr


HOSTILE = "a\nb\r\nc\x1b[31md\0e\u2028f\u202eg\x9bh\x85i\ud800j"
HOSTILE_PROGRAM = f"""
import logging
from vitrine.logs import configure_logging, say
configure_logging()
text = {HOSTILE!r}
logging.getLogger("a.logger").warning("first %s", text, extra={{"request_id": text}})
try:
    raise ValueError(text)
except ValueError:
    logging.getLogger("a.logger").exception("second")
say("a_command", f"third {{text}}")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_text_makes_a_line_of_its_own(form: str) -> None:
    """Nor does it move the cursor of a terminal, or turn what is read."""
    environment = {**os.environ, "VITRINE_LOG_FORMAT": form}
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE_PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert not set(done.stderr) & set(HOSTILE) - set("abcdefghij[31m\n"), done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("    ")]
    assert [next(word for word in ("first", "second", "third") if word in line) for line in lines] == [
        "first",
        "second",
        "third",
    ]
