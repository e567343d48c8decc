"""What the supervisor runs: a program of the stack, as every server and process of ours describes itself."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import psutil


def _nothing() -> None:
    """Does nothing: most programs need only their command."""


@dataclass(frozen=True)
class Program:
    """One child of the supervisor.

    `prepare` runs before every start, `complete` once it is healthy; both are idempotent. `is_healthy` is given
    the process id and answers within about two seconds, also while the program is still starting.
    """

    name: str
    command: tuple[str, ...]
    url: str
    is_healthy: Callable[[int], bool]
    prepare: Callable[[], None] = _nothing
    complete: Callable[[], None] = _nothing
    # What asks the program to end; and how long it may take, before SIGKILL.
    stop_signal: str = "TERM"
    stop_within_seconds: int = 30


def inherited_environment() -> dict[str, str]:
    """The caller's environment without the settings of another Airflow, which would come before ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}


def is_connected(process_id: int, *ports: int) -> bool:
    """Whether the process has an established connection to each of these ports."""
    try:
        found = psutil.Process(process_id).net_connections("tcp")
    except psutil.Error:  # it has ended
        return False
    connected = {each.raddr.port for each in found if each.raddr and each.status == psutil.CONN_ESTABLISHED}
    return connected.issuperset(ports)
