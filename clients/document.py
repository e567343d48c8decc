"""The OpenAPI document, made without any server, and in the form in which the generators are given it."""

import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Document = dict[str, Any]
_PROBLEM = "application/problem+json"


def served() -> Document:
    """What `GET schema/` answers."""
    # Both want the settings first.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.development")
    import django

    django.setup()
    from drf_spectacular.generators import SchemaGenerator

    made: Document = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return made


def for_generators(document: Document) -> Document:
    """The same document, in which each body and answer has a name and each problem stands once; without examples.

    A body is named after its operation, so that a new operation changes the names of no other.
    """
    made = deepcopy(document)
    made["components"]["responses"] = {}
    for operation in operations(made):
        name = pascal(operation["operationId"])
        for parameter in operation.get("parameters", []):
            parameter.pop("examples", None)
        _name(made, operation.get("requestBody", {}), f"{name}Body")
        for status, response in operation["responses"].items():
            response.pop("headers", None)
            _name(made, response, f"{name}Answer", status)
            if problem := _problem_of(response):
                shared = {**response, "description": "A problem of RFC 9457."}
                made["components"]["responses"][problem] = shared
                operation["responses"][status] = {"$ref": f"#/components/responses/{problem}"}
    return made


def operations(document: Document) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _name(document: Document, part: dict[str, Any], name: str, otherwise: str = "") -> None:
    """Puts the schema of a body or answer among the components; `otherwise` ends the name of a second form."""
    schemas = document["components"]["schemas"]
    for kind, content in part.get("content", {}).items():
        content.pop("examples", None)
        schema = content["schema"]
        if kind == "application/json" and "$ref" not in schema:
            kept = name if schemas.setdefault(name, schema) == schema else f"{name}{otherwise}"
            schemas[kept] = schema
            content["schema"] = {"$ref": f"#/components/schemas/{kept}"}


def _problem_of(response: dict[str, Any]) -> str | None:
    """The name of the component, where an answer is a problem."""
    schema = response.get("content", {}).get(_PROBLEM, {}).get("schema", {})
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None
