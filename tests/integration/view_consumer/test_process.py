"""The process itself: its memory, its exit status."""

import signal
import subprocess
import sys
from pathlib import Path

from local_stack.stack import LocalStack
from tests.integration.view_consumer.flow import Flow, event, many, new_flow


def test_a_backlog_of_large_events_is_read_in_little_memory(flow: Flow) -> None:
    padding = "x" * 890_000
    count = flow.produce((f"user-{number}", event(f"user-{number}", number, padding=padding)) for number in range(250))
    with flow.consuming() as process:
        flow.await_done()
        assert flow.count() == count
        assert process.peak_memory_mb() < 200
        process.terminate()


def test_a_backlog_of_large_dead_letters_is_moved_in_little_memory(flow: Flow) -> None:
    flow.produce((f"user-{number}", b"%d" % number + b"x" * 890_000) for number in range(120))
    with flow.consuming() as process:
        flow.await_done()
        assert len(flow.dead_letters()) == 120
        assert process.peak_memory_mb() < 200
        process.terminate()


def test_ctrl_c_is_an_order_to_stop(flow: Flow) -> None:
    flow.produce((identity[0], value) for identity, value in many(10))
    with flow.consuming() as process:
        # Not earlier: a thread of the driver that is still connecting may complain when the process ends.
        flow.await_done()
        process.process.send_signal(signal.SIGINT)
        assert process.process.wait(5) == 0
        assert "Traceback" not in process.log


def test_a_wrong_setting_is_said(stack: LocalStack, tmp_path: Path) -> None:
    flow = new_flow(stack, tmp_path)
    with flow.consuming(VITRINE_VIEW_RETENTION_DAYS="0") as process:
        assert process.process.wait(10) == 1
        assert "VITRINE_VIEW_RETENTION_DAYS: Input should be greater than 0" in process.log
        assert "Traceback" not in process.log


def test_help_says_where_the_settings_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.view_consumer", "--help"], capture_output=True, text=True, check=True
    )
    assert ".env.example" in done.stdout
