"""Runs the Postman collection with newman, as a tester does."""

import subprocess

from tests import node
from vitrine.settings import PROJECT_FOLDER

FOLDER = PROJECT_FOLDER / "postman"
REPORTS = PROJECT_FOLDER / "reports"


def run(base_url: str, report: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """The whole collection, or what the options select, against one API; the JUnit report is kept in reports/."""
    node.install(FOLDER)
    return node.npm(
        FOLDER,
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
