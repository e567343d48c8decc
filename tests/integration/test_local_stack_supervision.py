"""supervisord itself, with small programs."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from local_stack.programs import Program
from local_stack.supervision import Supervisor


def test_a_program_that_dies_at_once_is_restarted_with_growing_delays(tmp_path: Path) -> None:
    with supervised(tmp_path, "exit 1") as supervisor:
        supervisor.start("p0")
        wait_until(lambda: len(starts(tmp_path)) == 4)
    times = starts(tmp_path)
    # In whole seconds: the supervisor looks once a second, and not to the millisecond.
    delays = [round((later - earlier).total_seconds()) for earlier, later in pairwise(times)]
    assert delays == sorted(delays)
    assert delays[-1] > 2


def test_a_program_that_dies_later_is_restarted_at_once(tmp_path: Path) -> None:
    with supervised(tmp_path, "sleep 2.5; exit 1") as supervisor:
        supervisor.start("p0")
        wait_until(lambda: len(starts(tmp_path)) == 2)
    first, second = starts(tmp_path)
    assert (second - first).total_seconds() < 5


def test_shutdown_stops_the_last_program_first(tmp_path: Path) -> None:
    with supervised(tmp_path, *["exec sleep 60"] * 3) as supervisor:
        for name in ("p0", "p1", "p2"):
            supervisor.start(name)
        wait_until(lambda: all(supervisor.state_and_id(name)[0] == "RUNNING" for name in ("p0", "p1", "p2")))
    assert re.findall(r"stopped: (\w+)", log(tmp_path)) == ["p2", "p1", "p0"]


def test_any_folder_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "50 % ; größer" / ("deep" * 30)
    with supervised(folder, f"echo {folder.name}; exec sleep 60") as supervisor:
        supervisor.start("p0")
        wait_until(lambda: folder.name in supervisor.log_tail("p0"))
        assert supervisor.has_these_programs()
    supervisor.remove_files()


@contextmanager
def supervised(folder: Path, *scripts: str) -> Iterator[Supervisor]:
    programs = [
        Program(f"p{number}", ("/bin/sh", "-c", script), "", lambda: True) for number, script in enumerate(scripts)
    ]
    supervisor = Supervisor(folder, programs, {})
    supervisor.boot()
    try:
        yield supervisor
    finally:
        supervisor.shutdown()


def log(folder: Path) -> str:
    return (folder / "logs" / "supervisord.log").read_text()


def starts(folder: Path) -> list[datetime]:
    times = re.findall(r"^(\S+ \S+) INFO spawned: 'p0'", log(folder), re.MULTILINE)
    return [datetime.strptime(each, "%Y-%m-%d %H:%M:%S,%f").astimezone() for each in times]


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
