"""What all DAGs here have in common; the work itself is in `vitrine`."""

import logging
import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

logger = logging.getLogger(__name__)


def log_what_to_do(context: Mapping[str, Any]) -> None:
    """The last lines in the log of a task that has failed for good."""
    failed = context["task_instance"]
    logger.error(
        "%s of %s has failed for good, after %d tries: %s\n"
        "What to do: read the reason above. A server that was away: start it again, then clear this task (Clear task "
        "in the UI), or wait for the next run. Nothing is lost and nothing is half done: the next run does again what "
        "this one did not finish. The DAG's page says more.",
        failed.task_id,
        failed.dag_id,
        failed.try_number,
        context.get("exception"),
    )


def in_analytics(*arguments: str) -> str:
    """The command of a module that runs in the environment of the analytics side."""
    from vitrine.settings import PROJECT_FOLDER

    python = PROJECT_FOLDER / ".analytics" / "bin" / "python"
    return shlex.join((str(python), "-m", *arguments))


DEFAULT_ARGS: dict[str, Any] = {
    "owner": "vitrine",
    # Waits of 5, 10, 20, 40 and 60 seconds: together more than a restart of any of the servers takes.
    "retries": 5,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(seconds=60),
    "on_failure_callback": log_what_to_do,
}
