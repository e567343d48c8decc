"""The Python client: its models by datamodel-code-generator, and a method for each operation by client.py.jinja.

clients/python/vitrine_client/transport.py, which sends what the methods ask for, is written by hand.
"""

import json
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from clients import FOLDER
from clients.document import Document

_HEADER = '"""{} Made by `make clients`."""'
_MODELS = _HEADER.format("What is sent and answered, as dictionaries.")
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_TAKEN = {"self", "body"}


class Argument(NamedTuple):
    """Of a method: by its name in Python, and where it goes by which name."""

    name: str
    wire: str
    place: str
    type: str
    is_required: bool

    @property
    def value(self) -> str:
        # A list is one text: `explode` is false in the document.
        return f"joined({self.name})" if self.type.startswith("Sequence") else self.name


class Operation(NamedTuple):
    """A method."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    arguments: list[Argument]
    body: str | None
    # None where the body is JSON.
    content_type: str | None
    # JSON, text or nothing.
    answer: str

    def of(self, place: str) -> list[Argument]:
        return [argument for argument in self.arguments if argument.place == place]


def generate(document: Document, folder: Path) -> tuple[Path, Path]:
    """Writes models and methods; `folder` is one like clients/."""
    package = folder / "python/vitrine_client"
    package.mkdir(parents=True, exist_ok=True)
    models, client = package / "models.py", package / "client.py"
    _write_models(document, models)
    client.write_text(methods(document))
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    _run(str(ruff), "format", "--quiet", "--config", str(FOLDER.parent / "pyproject.toml"), str(models), str(client))
    return models, client


def methods(document: Document) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # What is made is Python, whose quotes are its own.
        autoescape=False,  # noqa: S701
    )
    environment.filters["documented"] = _documented
    found = list(_operations(document))
    return environment.get_template("client.py.jinja").render(
        header=_HEADER.format("A method for each operation of the API."),
        models=sorted(_models(document, found)),
        operations=found,
    )


def _documented(text: str) -> str:
    """As it stands inside a docstring."""
    return text.replace("\\", "\\\\").replace('"""', "'''")


def annotation(schema: dict[str, Any]) -> str:
    """The type of an argument; a schema of a form that no argument has had yet is a KeyError."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
    if "const" in schema:
        return f"Literal[{json.dumps(schema['const'])}]"
    if choices := schema.get("oneOf", schema.get("anyOf")):
        return " | ".join(dict.fromkeys(annotation(choice) for choice in choices))
    if schema["type"] == "array":
        return f"Sequence[{annotation(schema['items'])}]"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " | ".join(_TYPES[kind] for kind in kinds)


def _operations(document: Document) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            arguments = sorted(_arguments(document, operation), key=lambda each: not each.is_required)
            by_wire = {each.wire: each for each in arguments if each.place == "path"}
            filled = path
            for wire, argument in by_wire.items():
                filled = filled.replace(f"{{{wire}}}", f"{{quoted({argument.name})}}")
            body, content_type = _body(operation)
            yield Operation(
                name=operation["operationId"],
                method=method.upper(),
                path=f'f"{filled}"' if by_wire else f'"{filled}"',
                summary=operation["summary"],
                description=operation.get("description", ""),
                arguments=arguments,
                body=body,
                content_type=content_type,
                answer=_answer(operation),
            )


def _models(document: Document, found: list[Operation]) -> set[str]:
    """Which models the signatures name."""
    types = [type_ for each in found for type_ in (each.answer, each.body or "", *(one.type for one in each.arguments))]
    words = {word for type_ in types for word in re.findall(r"\w+", type_)}
    return words & set(document["components"]["schemas"])


def _arguments(document: Document, operation: dict[str, Any]) -> Iterator[Argument]:
    for given in operation.get("parameters", []):
        parameter = _resolved(document, given)
        yield Argument(
            _python_name(parameter["name"]),
            parameter["name"],
            parameter["in"],
            annotation(parameter["schema"]),
            parameter.get("required", False),
        )
    # The key is the client's; a token is of the person whom a call is for.
    schemes = {name for each in operation.get("security", []) for name in each}
    for name in sorted(schemes):
        scheme = document["components"]["securitySchemes"][name]
        if scheme["type"] == "apiKey" and scheme["in"] == "header":
            yield Argument(_python_name(scheme["name"]), scheme["name"], "header", "str", is_required=False)


def _resolved(document: Document, parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


def _body(operation: dict[str, Any]) -> tuple[str | None, str | None]:
    """Its type, and what it is where it is no JSON: then it is sent as it is given."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return annotation(content["application/json"]["schema"]), None
    return ("bytes", next(iter(content))) if content else (None, None)


def _answer(operation: dict[str, Any]) -> str:
    """Of whatever is a success; the document has one form of it for each operation."""
    contents = [
        content
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for content in response.get("content", {}).items()
    ]
    if not contents:
        return "None"
    kinds = {annotation(content["schema"]) if kind == "application/json" else "str" for kind, content in contents}
    return " | ".join(sorted(kinds))


def _python_name(wire: str) -> str:
    name = wire.lower().replace("-", "_").removeprefix("x_")
    return f"{name}_" if iskeyword(name) or name in _TAKEN else name


def _write_models(document: Document, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "openapi.json"
        source.write_text(json.dumps(document))
        _run(
            *(sys.executable, "-m", "datamodel_code_generator", "--input", str(source), "--output", str(path)),
            *("--input-file-type", "openapi", "--openapi-scopes", "schemas"),
            *("--output-model-type", "typing.TypedDict", "--target-python-version", "3.11"),
            *("--import-overrides", '{"TypedDict": "typing"}', "--enum-field-as-literal", "all"),
            *(
                "--collapse-root-models",
                "--use-schema-description",
                "--use-single-line-docstring",
                "--naming-strategy",
                "full-path",
            ),
            # mypy knows no closed dictionaries yet, nor does Python before 3.15.
            "--no-use-closed-typed-dict",
            *("--formatters", "builtin", "--custom-file-header", _MODELS, "--disable-timestamp"),
        )


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
