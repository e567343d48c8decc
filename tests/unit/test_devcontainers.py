"""Each dev container keeps the rules of the published schema, and is one of docker-compose.yml."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft201909Validator

from vitrine.settings import PROJECT_FOLDER

PROCESSES = ("airflow", "api", "dashboard", "test-data-generator", "view-consumer", "view-learner", "view-producer")

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_YES_OR_NO = {"type": "boolean"}
_OBJECT = {"type": "object"}
_COMMAND = {
    "type": ["string", "array", "object"],
    "items": _TEXT,
    "additionalProperties": {"type": ["string", "array"], "items": _TEXT},
}
_COMMANDS = ("initialize", "onCreate", "updateContent", "postCreate", "postStart", "postAttach")
_PORTS = {
    "type": "array",
    "items": {"oneOf": [{"type": "integer", "minimum": 0, "maximum": 65535}, {"pattern": r"^([a-z0-9-]+):(\d{1,5})$"}]},
}
# What https://github.com/devcontainers/spec (schemas/devContainer.base.schema.json) says of a container out of Compose
# files: the names it knows, and the form of their values. Names of images and Dockerfiles do not go with Compose.
COMPOSE_DEV_CONTAINER: dict[str, Any] = {
    "type": "object",
    "required": ["dockerComposeFile", "service", "workspaceFolder"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("$schema", "name", "service", "workspaceFolder", "containerUser", "remoteUser"), _TEXT),
        **dict.fromkeys(("runServices", "overrideFeatureInstallOrder", "capAdd", "securityOpt"), _TEXTS),
        **dict.fromkeys(("overrideCommand", "updateRemoteUserUID", "init", "privileged"), _YES_OR_NO),
        **dict.fromkeys((f"{when}Command" for when in _COMMANDS), _COMMAND),
        **dict.fromkeys(("features", "secrets", "portsAttributes", "otherPortsAttributes"), _OBJECT),
        **dict.fromkeys(("customizations", "hostRequirements", "additionalProperties"), _OBJECT),
        "dockerComposeFile": {"type": ["string", "array"], "items": _TEXT},
        "shutdownAction": {"enum": ["none", "stopCompose"]},
        "waitFor": {"enum": [f"{when}Command" for when in _COMMANDS[:-1]]},
        "userEnvProbe": {"enum": ["none", "loginShell", "loginInteractiveShell", "interactiveShell"]},
        "forwardPorts": _PORTS,
        "mounts": {"type": "array", "items": {"type": ["string", "object"]}},
        "containerEnv": {"type": "object", "additionalProperties": _TEXT},
        "remoteEnv": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
    },
}


def _read(process: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PROJECT_FOLDER / ".devcontainer" / process / "devcontainer.json").read_text())
    return found


def test_each_process_has_one() -> None:
    found = sorted(file.parent.name for file in (PROJECT_FOLDER / ".devcontainer").glob("*/devcontainer.json"))
    assert tuple(found) == PROCESSES


@pytest.mark.parametrize("process", PROCESSES)
def test_it_keeps_the_rules_of_the_published_schema(process: str) -> None:
    errors = Draft201909Validator(COMPOSE_DEV_CONTAINER).iter_errors(_read(process))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    "mistake", [{"image": "debian"}, {"service": 1}, {"forwardPorts": ["eighty"]}, {"shutdownAction": "stopContainer"}]
)
def test_a_mistake_would_be_found(mistake: dict[str, Any]) -> None:
    assert not Draft201909Validator(COMPOSE_DEV_CONTAINER).is_valid({**_read("api"), **mistake})


@pytest.mark.parametrize("process", PROCESSES)
def test_it_attaches_to_the_dev_target_of_a_service_with_the_workspace_mounted(process: str) -> None:
    folder = PROJECT_FOLDER / ".devcontainer" / process
    container = _read(process)
    files = [(folder / name).resolve() for name in container["dockerComposeFile"]]
    assert files == [PROJECT_FOLDER / "docker-compose.yml", folder / "docker-compose.yml"]
    for file in files:
        assert re.search(rf"^  {container['service']}:$", file.read_text(), re.MULTILINE)
    assert "build: { target: dev }" in files[1].read_text()
    assert f'".:{container["workspaceFolder"]}"' in files[1].read_text()
    assert set(container["runServices"]) >= {container["service"]}


@pytest.mark.parametrize("process", PROCESSES)
def test_the_editor_finds_its_python_and_its_tests(process: str) -> None:
    editor = _read(process)["customizations"]["vscode"]
    assert "ms-python.python" in editor["extensions"]
    assert editor["settings"]["python.defaultInterpreterPath"] == "/opt/venv/bin/python"
    for path in editor["settings"]["python.testing.pytestArgs"]:
        assert (PROJECT_FOLDER / path).is_dir(), path
