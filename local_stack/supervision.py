"""supervisord: starts the programs of one stack, restarts what dies, keeps and rotates their logs.

A program that dies within START_SECONDS is started again after 1 s, then 2 s, 3 s, ... and is given up
(FATAL) after RETRIES such deaths; one that ran longer is started again at once.
"""

import hashlib
import http.client
import os
import shlex
import stat
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from signal import SIGINT
from typing import Any, cast

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from local_stack.programs import Program, inherited_environment
from vitrine.errors import StackError

ANSWERS_WITHIN_SECONDS = 30
START_SECONDS = 2
RETRIES = 50
# supervisord binds its socket under a temporary name that is up to 11 bytes longer.
LONGEST_SOCKET_PATH = 107 - 11

# Relative paths count from the data folder, where supervisord and all programs work: its name may then hold
# what has a meaning in this file.
_SECTIONS = """\
[supervisord]
silent=true
pidfile=supervisord.pid
logfile=logs/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
childlogdir=logs
environment={environment}
{user}
[unix_http_server]
file={socket}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
_PROGRAM = """
[program:{name}]
command={command}
autostart=false
autorestart=true
startsecs={start_seconds}
startretries={retries}
stopsignal={stop_signal}
stopwaitsecs={stop_within}
killasgroup=true
priority={priority}
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
redirect_stderr=true
"""


class Supervisor:
    """The supervisord of one data folder. Programs are stopped in the opposite order of `programs`.

    `environment` is added to that of the caller, for all programs; its values may hold no `"` and no `%`.
    """

    def __init__(self, folder: Path, programs: Iterable[Program], environment: dict[str, str]) -> None:
        self._folder = folder
        self._programs = tuple(programs)
        self._environment = environment
        self._socket = socket_path(folder)
        self._configuration_file = folder / "supervisord.conf"

    def is_up(self) -> bool:
        try:
            self._call("getState")
        except StackError:
            return False
        return True

    def has_these_programs(self) -> bool:
        """Whether supervisord was started with the same programs and environment."""
        file = self._configuration_file
        return file.exists() and file.read_text() == self._configuration()

    def boot(self) -> None:
        """Starts supervisord, in the background, with none of its programs running."""
        (self._folder / "logs").mkdir(parents=True, exist_ok=True)
        self._configuration_file.write_text(self._configuration())
        command = (sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(self._configuration_file))
        with tempfile.TemporaryFile() as output:
            # Not a daemon: Linux's scheduler treats a session as one (sched_autogroup), and in one of their own the
            # servers would wait for seconds while a test or a load is busy. A process group keeps Ctrl-C away.
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=inherited_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
            try:
                _wait(
                    lambda: self.is_up() or process.poll() is not None,
                    ANSWERS_WITHIN_SECONDS,
                    "the supervisor does not answer",
                )
            except BaseException:
                process.terminate()
                raise
            if process.returncode is not None:
                output.seek(0)
                raise StackError(f"the supervisor does not start: {output.read().decode()}".rstrip())

    def shutdown(self) -> None:
        """Stops what still runs, the last one first, and supervisord; returns when all have ended."""
        daemon = psutil.Process(cast(int, self._call("getPID")))
        self._call("shutdown")
        patience = 10 + sum(program.stop_within_seconds for program in self._programs)
        _wait(lambda: not is_alive(daemon), patience, f"the supervisor (process {daemon.pid}) has not ended")

    def start(self, name: str) -> None:
        """Tells supervisord to start the program, unless it is started already."""
        self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        """Stops the program, unless it is stopped already, and waits until it has ended."""
        self._call("stopProcess", name, True)

    def state_and_id(self, name: str) -> tuple[str, int]:
        """The program's state as supervisord names it, and its process id, 0 when it is not running."""
        information = self._call("getProcessInfo", name)
        # None: a program that supervisord does not know, as it was started with other settings.
        return (information["statename"], information["pid"]) if information else ("STOPPED", 0)

    def log_tail(self, name: str, lines: int = 15) -> str:
        log = self._folder / "logs" / f"{name}.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def end_orphans(self) -> list[int]:
        """Ends the programs that a killed supervisord has left behind; returns their process ids."""
        orphans = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in orphans:
            process.send_signal(SIGINT)  # SIGTERM would let Postgres wait until its clients have gone
        began = time.monotonic()
        while alive := [process for process in orphans if is_alive(process)]:
            for process in alive:
                if time.monotonic() - began > self._patience_with(process):
                    process.kill()
            time.sleep(0.05)
        return [process.pid for process in orphans]

    def remove_files(self) -> None:
        """Removes what supervisord keeps beside the logs."""
        for file in (self._configuration_file, self._folder / "supervisord.pid", self._socket):
            file.unlink(missing_ok=True)
        if self._socket.parent != self._folder:
            self._socket.parent.rmdir()

    def _patience_with(self, process: psutil.Process) -> float:
        """How long a process may take to end: as long as the program it belongs to."""
        with suppress(psutil.Error):
            name = process.environ().get("SUPERVISOR_PROCESS_NAME")
            return next((each.stop_within_seconds for each in self._programs if each.name == name), 0)
        return 0

    def _is_ours(self, process: psutil.Process) -> bool:
        # supervisord tells each child where it is; the variable names its stack and no other.
        try:
            return process.environ().get("SUPERVISOR_SERVER_URL") == f"unix://{self._socket}"
        except psutil.Error:
            return False

    def _call(self, method: str, *arguments: str | bool) -> Any:  # noqa: ANN401 - XML-RPC is untyped
        # A connection of its own for each call: they come from several threads.
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException):
            raise StackError(f"the stack in {self._folder} is not up") from None
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in {Faults.ALREADY_STARTED, Faults.NOT_RUNNING, Faults.BAD_NAME}:
                raise StackError(f"the supervisor refuses to {method} {arguments}: {fault.faultString}") from None
            return None
        finally:
            transport.close()

    def _configuration(self) -> str:
        # supervisord warns when it runs as root without being told to.
        user = "user=root\n" if os.geteuid() == 0 else ""
        socket = "supervisor.sock" if self._socket.parent == self._folder else self._socket
        environment = ",".join(f'{name}="{value}"' for name, value in self._environment.items())
        head = _SECTIONS.format(socket=socket, user=user, environment=environment)
        return head + "".join(
            _PROGRAM.format(
                name=program.name,
                command=shlex.join(program.command).replace("%", "%%"),
                start_seconds=START_SECONDS,
                retries=RETRIES,
                stop_signal=program.stop_signal,
                stop_within=program.stop_within_seconds,
                priority=number,
            )
            for number, program in enumerate(self._programs)
        )


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs: in a container without an init, zombies stay in the process table."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def socket_path(folder: Path) -> Path:
    """Where supervisord listens: in its folder, or in a short one where the folder's path is too long."""
    path = folder / "supervisor.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"vitrine-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700 or not stat.S_ISDIR(found.st_mode):
        raise StackError(f"{short} belongs to someone else: choose a shorter VITRINE_STACK_DATA_FOLDER")
    return short / "supervisor.sock"


def _wait(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(f"{complaint} within {seconds:.0f} s")
        time.sleep(0.05)
