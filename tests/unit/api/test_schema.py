from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api.analytics.resources import CUSTOMERS, HOUSEHOLDS, LISTS
from api.urls import urlpatterns
from api.views.base import ApiView
from vitrine import events

PEOPLE = {
    "erase_person",
    "erasure_receipt",
    "export_person",
    "who_am_i",
    "erase_me",
    "my_erasure_receipt",
    "export_me",
    "merge",
    "unmerge",
}
CATALOGUE = {
    *("get_product", "put_product", "patch_product", "remove_product"),
    *("put_products", "patch_products", "remove_products"),
}
KEYS = {"list_keys", "make_key", "revoke_key", "revoke_tokens", "rotate_key"}
RULES = {
    *("list_rules", "make_rule", "get_rule", "replace_rule", "change_rule", "delete_rule"),
    *("preview_rules", "preview_rule"),
}
EXPERIMENTS = {
    *("list_experiments", "make_experiment", "get_experiment", "change_experiment", "delete_experiment"),
    *("start_experiment", "stop_experiment", "experiment_results"),
}
ANALYTICS = {
    *("analytics_household", "analytics_customer", "analytics_sales"),
    *(f"analytics_{each.name.replace('/', '_').replace('-', '_')}" for each in (HOUSEHOLDS, CUSTOMERS, *LISTS)),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    generator = SchemaGenerator(patterns=urlpatterns)  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    return made


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def contents(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every form of every body, asked and answered."""
    for operation in operations(document):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            yield from part.get("content", {}).values()


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    assert {operation["operationId"] for operation in operations(document)} == {
        "latest_products",
        "recommendations",
        "similar_products",
        "trending_products",
        "delete_product",
        "post_events",
        "stored_event",
        "segment_call",
        "page_script",
        "live",
        "ready",
        "health",
        *CATALOGUE,
        *KEYS,
        *PEOPLE,
        "metrics",
        *ANALYTICS,
        *RULES,
        *EXPERIMENTS,
    }
    assert all(operation["summary"] for operation in operations(document))


def test_every_example_is_valid(document: dict[str, Any]) -> None:
    checked = 0
    for content in contents(document):
        schema = {**content["schema"], "components": document["components"]}
        for example in content["examples"].values():
            Draft202012Validator(schema).validate(example["value"])
            checked += 1
    assert checked >= 15


def test_every_error_is_a_problem(document: dict[str, Any]) -> None:
    errors = [
        response
        for operation in operations(document)
        for status, response in operation["responses"].items()
        if int(status) >= 400
    ]
    # Only `live` and the script for pages cannot fail.
    assert all(
        any(int(status) >= 400 for status in operation["responses"])
        == (operation["operationId"] not in {"live", "page_script"})
        for operation in operations(document)
    )
    assert all(set(response["content"]) == {"application/problem+json"} for response in errors)


def test_every_503_says_when_to_try_again(document: dict[str, Any]) -> None:
    away = {
        operation["operationId"]: "Retry-After" in operation["responses"]["503"]["headers"]
        for operation in operations(document)
        if "503" in operation["responses"]
    }
    reads = ["latest_products", "recommendations", "similar_products", "trending_products"]
    named = [*reads, "delete_product", "post_events", "stored_event", "segment_call", "ready", "health"]
    named += [*CATALOGUE, *KEYS, *(PEOPLE - {"who_am_i"}), *ANALYTICS, *RULES, *EXPERIMENTS]
    assert away == dict.fromkeys(named, True)


def test_no_description_is_of_our_own_classes(document: dict[str, Any]) -> None:
    """What an operation does not say of itself would be taken from the docstring of the base class."""
    said = str(ApiView.__doc__).partition("\n")[0]
    found = [each["operationId"] for each in operations(document) if said in each.get("description", "")]
    assert found == []


def test_every_request_may_bring_an_id_and_every_answer_has_it(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert {"$ref": "#/components/parameters/RequestId"} in operation["parameters"]
        for response in operation["responses"].values():
            assert response["headers"]["X-Request-ID"] == {"$ref": "#/components/headers/RequestId"}


def test_the_view_is_the_library_s(document: dict[str, Any]) -> None:
    required = events.json_schema()["$defs"]["ProductView"]["required"]
    assert document["components"]["schemas"]["ProductView"]["required"] == required
