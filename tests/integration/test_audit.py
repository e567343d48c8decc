"""`make audit` where the service that knows vulnerabilities cannot be reached: it says so, and fails."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.settings import PROJECT_FOLDER

LOCKS = ("dev", "analytics", "airflow")


@pytest.fixture(scope="module")
def done() -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["sh", str(PROJECT_FOLDER / "requirements" / "audit.sh"), "-s", "osv", "--osv-url", "http://127.0.0.1:1"]
    return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


def test_it_does_not_pretend_to_have_audited(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 2
    assert "could not be asked: NOTHING WAS AUDITED" in done.stderr
    assert "No known vulnerabilities" not in done.stdout + done.stderr
    assert not list((PROJECT_FOLDER / "reports").glob("audit-*.json"))


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize("lock", LOCKS)
def test_the_bill_of_materials_names_every_locked_package(lock: str) -> None:
    bill = json.loads((PROJECT_FOLDER / "reports" / f"sbom-{lock}.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    locked = re.findall(r"^([\w.-]+)==([\w.]+)", (PROJECT_FOLDER / "requirements" / f"{lock}.txt").read_text(), re.M)
    assert {(part["name"], part["version"]) for part in bill["components"]} == set(locked)
