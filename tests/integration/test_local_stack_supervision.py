"""supervisord itself, with small programs."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from local_stack import supervision
from local_stack.programs import Program
from local_stack.supervision import Supervisor, is_alive
from tests.waiting import wait_until
from vitrine.errors import StackError
from vitrine.settings import PROJECT_FOLDER


def test_a_program_that_dies_at_once_is_restarted_with_growing_delays(tmp_path: Path) -> None:
    with supervised(tmp_path, "exit 1") as supervisor:
        supervisor.start("p0")
        wait_until(lambda: len(starts(tmp_path)) == 4, what=lambda: log(tmp_path))
    times = starts(tmp_path)
    # In whole seconds: the supervisor looks once a second, and not to the millisecond.
    delays = [round((later - earlier).total_seconds()) for earlier, later in pairwise(times)]
    assert delays == sorted(delays)
    assert delays[-1] > 2


def test_a_program_that_dies_later_is_restarted_at_once(tmp_path: Path) -> None:
    with supervised(tmp_path, "sleep 2.5; exit 1") as supervisor:
        supervisor.start("p0")
        wait_until(lambda: len(starts(tmp_path)) == 2, what=lambda: log(tmp_path))
    first, second = starts(tmp_path)
    assert (second - first).total_seconds() < 5


def test_shutdown_stops_the_last_program_first(tmp_path: Path) -> None:
    with supervised(tmp_path, *["exec sleep 60"] * 3) as supervisor:
        for name in ("p0", "p1", "p2"):
            supervisor.start(name)
        wait_until(
            lambda: all(supervisor.state_and_id(name)[0] == "RUNNING" for name in ("p0", "p1", "p2")),
            what=lambda: log(tmp_path),
        )
    assert re.findall(r"stopped: (\w+)", log(tmp_path)) == ["p2", "p1", "p0"]


def test_any_folder_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "50 % ; größer" / ("deep" * 30)
    with supervised(folder, f"echo {folder.name}; exec sleep 60") as supervisor:
        supervisor.start("p0")
        wait_until(lambda: folder.name in supervisor.log_tail("p0"), what="it has not written its line")
        assert supervisor.has_these_programs()
    supervisor.remove_files()


def test_what_was_started_in_a_terminal_outlives_ctrl_c_and_the_terminal(tmp_path: Path) -> None:
    booted = tmp_path / "booted"
    boot = (
        f"from {__name__} import *; supervisor_of(Path({str(tmp_path)!r}), 'exec sleep 60').boot();"
        f"Path({str(booted)!r}).touch(); time.sleep(60)"
    )
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])", sys.executable, "-c", boot]
    supervisor = supervisor_of(tmp_path, "exec sleep 60")
    with subprocess.Popen(terminal, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT_FOLDER) as typing:
        wait_until(booted.exists, what="the supervisor has not booted")
        supervisor.start("p0")
        shown, _ = typing.communicate(b"\x03", timeout=120)
    try:
        assert b"KeyboardInterrupt" in shown
        time.sleep(0.5)
        assert supervisor.state_and_id("p0")[0] in {"STARTING", "RUNNING"}
    finally:
        supervisor.shutdown()


def test_a_supervisor_that_does_not_answer_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "ANSWERS_WITHIN_SECONDS", 0)
    before = set(psutil.Process().children())
    with pytest.raises(StackError, match="the supervisor does not answer within 0 s"):
        supervisor_of(tmp_path, "exec sleep 60").boot()
    wait_until(
        lambda: not [each for each in psutil.Process().children() if each not in before and is_alive(each)],
        what="the supervisor has not ended",
    )


def test_a_supervisor_that_nobody_buries_has_ended_all_the_same(tmp_path: Path) -> None:
    booted = tmp_path / "booted"
    boot = (
        f"from {__name__} import *; supervisor_of(Path({str(tmp_path)!r})).boot();"
        f"Path({str(booted)!r}).touch(); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", boot], cwd=PROJECT_FOLDER) as negligent:
        try:
            supervisor = supervisor_of(tmp_path)
            wait_until(booted.exists, what="the supervisor has not booted")
            (daemon,) = psutil.Process(negligent.pid).children()
            supervisor.shutdown()
            assert daemon.status() == psutil.STATUS_ZOMBIE
        finally:
            negligent.kill()


@contextmanager
def supervised(folder: Path, *scripts: str) -> Iterator[Supervisor]:
    supervisor = supervisor_of(folder, *scripts)
    supervisor.boot()
    try:
        yield supervisor
    finally:
        supervisor.shutdown()


def supervisor_of(folder: Path, *scripts: str) -> Supervisor:
    programs = [
        Program(f"p{number}", ("/bin/sh", "-c", script), "", lambda _: True) for number, script in enumerate(scripts)
    ]
    return Supervisor(folder, programs, {})


def log(folder: Path) -> str:
    return (folder / "logs" / "supervisord.log").read_text()


def starts(folder: Path) -> list[datetime]:
    times = re.findall(r"^(\S+ \S+) INFO spawned: 'p0'", log(folder), re.MULTILINE)
    return [datetime.strptime(each, "%Y-%m-%d %H:%M:%S,%f").astimezone() for each in times]
