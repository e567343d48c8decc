"""Requests that nobody thought of, valid and not: schemathesis makes them out of the OpenAPI document."""

import subprocess
from pathlib import Path
from shutil import which
from sys import executable

from tests.integration.api.serving import Api


def test_every_answer_is_as_the_document_says(api: Api, tmp_path: Path) -> None:
    schemathesis = which("schemathesis", path=str(Path(executable).parent))
    assert schemathesis
    command = [schemathesis, "run", f"{api.url}schema/", "--phases", "examples,coverage,fuzzing"]
    # A time that is valid by its form may lie in the future, and is then refused.
    options = ["--exclude-checks", "positive_data_acceptance", "--max-examples", "50", "--seed", "3"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
