"""What the supervisor runs: a program of the stack, as every server and process of ours describes itself."""

import os
from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    """Most programs need no more than their command."""


@dataclass(frozen=True)
class Program:
    """One child of the supervisor.

    `prepare` runs before every start, `complete` once it is healthy; both are idempotent. `is_healthy`
    answers within about two seconds, also while the program is still starting.
    """

    name: str
    command: tuple[str, ...]
    url: str
    is_healthy: Callable[[], bool]
    prepare: Callable[[], None] = _nothing
    complete: Callable[[], None] = _nothing
    # What asks the program to end; and how long it may take, before SIGKILL.
    stop_signal: str = "TERM"
    stop_within_seconds: int = 30


def inherited_environment() -> dict[str, str]:
    """The caller's environment without the settings of another Airflow, which would come before ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
