"""Requests that nobody thought of, made by schemathesis out of the OpenAPI document, to an API that asks for keys."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from sys import executable

import httpx
import pytest

from local_stack.stack import LocalStack
from tests.integration.api.serving import Api
from tests.integration.api.test_admin import execute


def run(api: Api, folder: Path, phases: str, *options: str) -> "subprocess.CompletedProcess[str]":
    schemathesis = which("schemathesis", path=str(Path(executable).parent))
    assert schemathesis
    command = [schemathesis, "run", f"{api.url}schema/", "--phases", phases, "--seed", "3"]
    return subprocess.run(
        [*command, "--max-examples", "10", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.fixture(autouse=True)
def _no_rules_are_left(prepared_stack: LocalStack) -> Iterator[None]:
    """Those that are made up would change what other tests are answered, and so would experiments."""
    yield
    execute(prepared_stack, "DELETE FROM rules; TRUNCATE experiments CASCADE")


def test_with_a_key_every_answer_is_as_the_document_says(
    closed_api: Api, administrator: httpx.Client, tmp_path: Path
) -> None:
    key = f"Authorization: {administrator.headers['authorization']}"
    # A time that is valid by its form may lie in the future, and is then refused.
    options = ["-H", key, "--exclude-checks", "positive_data_acceptance"]
    # They would revoke what other tests ask with.
    options += ["--exclude-operation-id", "revoke_key", "--exclude-operation-id", "revoke_tokens"]
    done = run(closed_api, tmp_path, "examples,coverage,fuzzing", *options)
    assert done.returncode == 0, done.stdout


def test_without_a_key_nothing_is_answered_but_what_is_public(closed_api: Api, tmp_path: Path) -> None:
    done = run(
        closed_api,
        tmp_path,
        # What is wrong with a request is not looked at where a key is missing.
        "examples,fuzzing",
        "--checks",
        "not_a_server_error,ignored_auth,status_code_conformance,content_type_conformance",
    )
    assert done.returncode == 0, done.stdout
