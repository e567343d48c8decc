"""dbt as a command: it needs older packages than the rest, and so has an environment of its own."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from vitrine.errors import WarehouseError
from vitrine.settings import PROJECT_FOLDER


def dbt_command(project: Path, folder: Path, command: str, *arguments: str) -> list[str]:
    """The command line of a project with its profiles; what dbt writes lies in `folder`. Raises WarehouseError."""
    return [
        *(_program(), command, *arguments),
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        *("--target-path", str(folder), "--log-path", str(folder / "logs"), "--no-use-colors"),
    ]


def dbt_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours with what a project is told; dbt asks nobody on the internet."""
    return {**os.environ, **settings, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_VERSION_CHECK": "false"}


def _program() -> str:
    """The command of the environment that runs this, else that of .analytics."""
    for folder in (Path(sys.executable).parent, PROJECT_FOLDER / ".analytics" / "bin"):
        if program := shutil.which("dbt", path=folder):
            return program
    raise WarehouseError("dbt is not installed: run `make .analytics/.installed`")
