"""What the OpenAPI document says of each operation, and the components that operations share."""

from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from api import problems, request_ids
from api.limits import BODY_BYTES_MAXIMUM, LIMIT_DEFAULT, VIEWS_MAXIMUM
from vitrine import events
from vitrine.recommending import LIMIT_MAXIMUM, SOURCES, VIEWED_LATELY

_VIEW = {
    "event": "ProductView",
    "messageid": "7e9eb4f8-0c1a-4c3e-9f0e-0d4a4c1f0a55",
    "userid": "user-78",
    "properties": {"productid": "product-173"},
    "context": {"source": "desktop"},
}


def _reference(component: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{component}"}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _words(*allowed: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(allowed)}


_ID = {"type": "string", "pattern": events.ID_PATTERN, "minLength": 1, "maxLength": 128}
_PROBLEM = _object(
    type={"type": "string", "format": "uri-reference", "examples": ["about:blank"]},
    title={"type": "string"},
    status={"type": "integer", "minimum": 400, "maximum": 599},
    detail={"type": "string"},
)
_STATE = _words("up", "down")
_READY = _object(status=_words("ready", "degraded"), cassandra=_STATE, kafka=_STATE)
_LIVE = _object(status=_words("live"))


def _id_header(name: str, description: str, example: str) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        _ID,
        OpenApiParameter.HEADER,
        required=True,
        description=description,
        examples=[OpenApiExample(example, value=example)],
    )


_USER = _id_header("user-id", "The shopper.", "user-78")
_PRODUCT = _id_header("product-id", "The product.", "product-173")
_LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAXIMUM, "default": LIMIT_DEFAULT},
    OpenApiParameter.QUERY,
    description="How many products are wanted.",
)

_EXPLAIN = OpenApiParameter(
    "explain",
    {"type": "boolean", "default": False},
    OpenApiParameter.QUERY,
    description="Whether the answer says of each product where it comes from and why it is shown.",
)


def _problem(status: int, description: str, detail: str, **members: object) -> dict[Any, OpenApiResponse]:
    """An answer of the kind that problems.problem gives, with an example of it."""
    body = problems.body(status, detail, **members)
    component = "InvalidViews" if "errors" in members else "Problem"
    example = OpenApiExample(
        "Problem",
        value=body,
        response_only=True,
        status_codes=[str(status)],
        media_type=problems.CONTENT_TYPE,
    )
    response = OpenApiResponse(_reference(component), description=description, examples=[example])
    return {(status, problems.CONTENT_TYPE): response}


def _answer(schema: dict[str, Any], description: str, example: dict[str, Any]) -> OpenApiResponse:
    return OpenApiResponse(
        schema,
        description=description,
        examples=[OpenApiExample("Answer", value=example, response_only=True)],
    )


_GIVEN_REQUEST_ID = {
    "name": request_ids.HEADER,
    "in": "header",
    # Any text: one that is not an id is no error.
    "schema": {"type": "string"},
    "description": f"An id for this request: {events.ID_RULE}. Without one, or with another text, one is made up.",
}
_REQUEST_ID = {"schema": _ID, "required": True, "description": "The request's id, also in the server's log."}
_RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait before trying again."}
_BAD_HEADER = "A header or a parameter is missing or malformed."
_NO_USER = "The header user-id is missing."
_CASSANDRA_AWAY = _problem(503, "Cassandra is away.", "Cassandra did not answer.")

latest_products = extend_schema(
    operation_id="latest_products",
    summary="The products that a shopper viewed last",
    description="Distinct products, newest view first. A user never seen has an empty list.",
    tags=["history"],
    parameters=[_USER, _LIMIT],
    responses={
        200: _answer(
            _object(
                **{"user-id": _ID, "products": {"type": "array", "items": _ID, "maxItems": LIMIT_MAXIMUM}},
                type=_words("personalized"),
            ),
            "The shopper's products.",
            {"user-id": "user-78", "products": ["product-173", "product-42"], "type": "personalized"},
        ),
        **_problem(400, _BAD_HEADER, _NO_USER),
        **_CASSANDRA_AWAY,
    },
)

_CATALOGUE_PRODUCT = {"type": "string", "minLength": 1}
_SOURCE = _words(*(source.name for source in SOURCES), VIEWED_LATELY)
_EXPLANATION = _object(product=_CATALOGUE_PRODUCT, source=_SOURCE, reason={"type": "string"})
_RECOMMENDATIONS = _object(
    **{
        "user-id": _ID,
        "products": {
            "type": "array",
            "items": _CATALOGUE_PRODUCT,
            "maxItems": LIMIT_MAXIMUM,
            "uniqueItems": True,
        },
    },
    type=_words("personalized", "non-personalized"),
)
# In the order of the products; only where it is asked for.
_RECOMMENDATIONS["properties"]["explanations"] = {"type": "array", "items": _EXPLANATION, "maxItems": LIMIT_MAXIMUM}

recommendations = extend_schema(
    operation_id="recommendations",
    summary="What to show a shopper",
    description=(
        "Different products of the catalogue, best first; fewer than asked for only when it has fewer. First the best"
        " sellers of at most three categories that the shopper viewed most or lately, shared between these by interest,"
        " then the best sellers overall, then the newest products. What the shopper viewed lately comes last, to fill"
        " the answer. Best sellers are those of the previous month, or of the last one that had orders. `personalized`"
        " when a product is shown because of the shopper's views."
    ),
    tags=["recommendations"],
    parameters=[_USER, _LIMIT, _EXPLAIN],
    responses={
        200: _answer(
            _RECOMMENDATIONS,
            "What to show.",
            {
                "user-id": "user-78",
                "products": ["product-17", "product-4"],
                "type": "personalized",
                "explanations": [
                    {
                        "product": "product-17",
                        "source": "category-best-sellers",
                        "reason": "best seller in category-20, which you viewed 4 times",
                    },
                    {"product": "product-4", "source": "best-sellers", "reason": "top seller of 2026-10"},
                ],
            },
        ),
        **_problem(400, _BAD_HEADER, _NO_USER),
        **_CASSANDRA_AWAY,
    },
)


def not_in_the_history(productid: str, userid: str) -> str:
    return (
        f"{productid} is not in the history of {userid}."
        " A view of it made before now that is still on its way will not show."
    )


delete_product = extend_schema(
    operation_id="delete_product",
    summary="Take a product out of a shopper's history",
    description=(
        "From then on no answer uses views of it made up to now, even if they arrive or are replayed later."
        " A newer view brings it back. The deletion is remembered whatever the history contains. The status says"
        " whether the product was in it: 204 if it was, 404 if it was not because it was never viewed, was deleted"
        " before, or its view is still on its way."
    ),
    tags=["history"],
    parameters=[_USER, _PRODUCT],
    responses={
        204: OpenApiResponse(description="It was in the history and has been removed."),
        **_problem(400, _BAD_HEADER, _NO_USER),
        **_problem(404, "It was not in the history.", not_in_the_history("product-173", "user-78")),
        **_CASSANDRA_AWAY,
    },
)

post_events = extend_schema(
    operation_id="post_events",
    summary="Report product views",
    description=(
        "Answers when Kafka has acknowledged them all. If one is invalid, none is sent. A view without a timestamp"
        " counts as made now. Of several of one shopper in a request, the last is made now and each before it a"
        " millisecond earlier: they keep the order in which they are given. A view with a timestamp can be sent again,"
        " after a 503 for example: the same user, message id and timestamp are one view, however often they come."
        " Without a timestamp each sending is a view of its own."
    ),
    tags=["events"],
    request={
        "application/json": {
            "oneOf": [
                _reference("ProductView"),
                {
                    "type": "array",
                    "items": _reference("ProductView"),
                    "minItems": 1,
                    "maxItems": VIEWS_MAXIMUM,
                },
            ]
        }
    },
    examples=[
        OpenApiExample("One view", value=_VIEW, request_only=True),
        OpenApiExample("A list", value=[_VIEW], request_only=True),
    ],
    responses={
        202: _answer(_object(accepted={"type": "integer", "minimum": 1}), "Accepted.", {"accepted": 1}),
        **_problem(
            400,
            "Not JSON, an empty or too long list, or views that are not valid.",
            "1 of 2 views are not valid; none was sent.",
            errors=[{"index": 1, "reason": "Object missing required field `userid`"}],
        ),
        **_problem(413, "Too large.", f"The body must have no more than {BODY_BYTES_MAXIMUM} bytes."),
        **_problem(415, "Not JSON.", "The Content-Type must be application/json."),
        **_problem(503, "Kafka is away.", "Kafka did not answer."),
    },
)

_AWAY = _problem(503, "Cassandra is away.", "Away: Cassandra.", cassandra="down", kafka="up")
_ALL_UP = {"status": "ready", "cassandra": "up", "kafka": "up"}

live = extend_schema(
    operation_id="live",
    summary="Does this process run?",
    description="Asks no other server.",
    tags=["health"],
    responses={200: _answer(_LIVE, "It runs.", {"status": "live"})},
)

ready = extend_schema(
    operation_id="ready",
    summary="Do the servers behind it answer?",
    description="Without Kafka it is degraded, and still ready: reads work, reported views get a 503.",
    tags=["health"],
    responses={200: _answer(_READY, "It is ready.", _ALL_UP), **_AWAY},
)

health = extend_schema(
    operation_id="health",
    summary="Both in one",
    tags=["health"],
    responses={
        200: _answer(_object(live=_LIVE, ready=_READY), "It is ready.", {"live": {"status": "live"}, "ready": _ALL_UP}),
        **_AWAY,
    },
)


def add_components(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Puts the shared components, and what every request and answer may have, into the document."""
    components = result.setdefault("components", {})
    components["parameters"] = {"RequestId": _GIVEN_REQUEST_ID}
    components["headers"] = {"RequestId": _REQUEST_ID}
    schemas = components.setdefault("schemas", {})
    error = _object(index={"type": "integer", "minimum": 0}, reason={"type": "string"})
    schemas["Problem"] = _PROBLEM
    schemas["InvalidViews"] = {
        **_PROBLEM,
        "properties": {**_PROBLEM["properties"], "errors": {"type": "array", "items": error}},
    }
    _, event_schemas = msgspec.json.schema_components([events.ProductView], ref_template="#/components/schemas/{name}")
    schemas.update(event_schemas)
    for path in result["paths"].values():
        for operation in path.values():
            _complete(operation)
    return result


def _complete(operation: dict[str, Any]) -> None:
    """Adds what drf-spectacular cannot express."""
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/RequestId"})
    for status, response in operation["responses"].items():
        response["headers"] = {request_ids.HEADER: {"$ref": "#/components/headers/RequestId"}}
        if status == "503":
            response["headers"]["Retry-After"] = _RETRY_AFTER
