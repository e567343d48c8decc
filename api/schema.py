"""What the OpenAPI document says of each operation, and the components that operations share."""

from typing import Any, get_args

import msgspec
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from api import problems, request_ids
from api.limits import (
    BODY_BYTES_MAXIMUM,
    EXCLUDE_MAXIMUM,
    LIMIT_DEFAULT,
    LINES_MAXIMUM,
    NEWEST_EVENTS,
    PRICE_MAXIMUM,
    VIEWS_MAXIMUM,
)
from vitrine import events, products, shop_events
from vitrine.learning import Period
from vitrine.recommending import LIMIT_MAXIMUM, RULE, SIMILAR, SOURCES, TRENDING, VIEWED_LATELY

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


def object_of(required: list[str], **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON Schema
    """An object of which not all properties are always there."""
    return {"type": "object", "properties": properties, "required": required}


def or_null(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"], "description": description}


def _words(*allowed: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(allowed)}


MOMENT = {"type": "string", "format": "date-time"}
ID = {"type": "string", "pattern": events.ID_PATTERN, "minLength": 1, "maxLength": 128}
_PROBLEM = _object(
    type={"type": "string", "format": "uri-reference", "examples": ["about:blank"]},
    title={"type": "string"},
    status={"type": "integer", "minimum": 400, "maximum": 599},
    detail={"type": "string"},
)
_STATE = _words("up", "down")
_READY = _object(status=_words("ready", "degraded"), cassandra=_STATE, kafka=_STATE)
_CACHE = {
    **_words("up", "down", "off"),
    "description": "Valkey; without it the data API answers the same, more slowly.",
}
_LIVE = _object(status=_words("live"))


def _id_header(name: str, description: str, example: str, *, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        ID,
        OpenApiParameter.HEADER,
        required=required,
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
_DETAILS = OpenApiParameter(
    "details",
    {"type": "boolean", "default": False},
    OpenApiParameter.QUERY,
    description="Whether the answer says of each product what a page shows of it, as far as the catalogue knows it.",
)
ANY_USER = _id_header(
    "user-id",
    "For whom it is: noted beside what was shown, and what is in their cart is left out.",
    "user-78",
    required=False,
)


def _filter(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


_PRICE = {"type": "number", "minimum": 0, "maximum": PRICE_MAXIMUM, "multipleOf": 0.01}
# What every list of recommendations may be asked for.
LIST = [
    _LIMIT,
    _EXPLAIN,
    _DETAILS,
    _filter(
        "category",
        {"type": "string", "minLength": 1, "maxLength": products.CATEGORY_MAXIMUM},
        "Only products of this category, and of what is part of it: `Home` holds `Home > Lamps`.",
    ),
    OpenApiParameter(
        "exclude",
        {"type": "array", "items": ID, "maxItems": EXCLUDE_MAXIMUM},
        OpenApiParameter.QUERY,
        description="Products to leave out, separated by commas; the parameter may be repeated.",
        style="form",
        explode=False,
    ),
    _filter(
        "in_stock",
        {"type": "boolean", "default": True},
        "Leaves out what is sold out, unless it is false: then that is shown as well.",
    ),
    _filter("price_from", _PRICE, "Only products at this price or above; those without a price are left out."),
    _filter("price_to", _PRICE, "Only products at this price or below; those without a price are left out."),
    _filter(
        "max_per_category",
        {"type": "integer", "minimum": 1, "maximum": LIMIT_MAXIMUM},
        "No more than so many products of each category.",
    ),
    _filter(
        "placement", ID, "Where on the shop's pages the list is shown, such as product-page: rules may be for it alone."
    ),
]
_FILTERED = (
    " Filters hold while products are gathered: a narrow one leaves as many as asked for, as long as the catalogue has"
    " them, and an empty list where it has none. Before the shop has a catalogue, products come from views alone."
    " The shop's rules (`rules/`) may pin, move or leave out products; `explain` says which rule did."
)


def problem_response(status: int, description: str, detail: str, **members: object) -> dict[Any, OpenApiResponse]:
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


# Of every operation that takes JSON.
BODY_PROBLEMS = {
    **problem_response(413, "Too large.", f"The body must have no more than {BODY_BYTES_MAXIMUM} bytes."),
    **problem_response(415, "Not JSON.", "The Content-Type must be application/json."),
}
PRODUCT_IN_PATH = OpenApiParameter(
    "productid",
    ID,
    OpenApiParameter.PATH,
    required=True,
    description="The product.",
    examples=[OpenApiExample("product-173", value="product-173")],
)


def answer(schema: dict[str, Any], description: str, example: dict[str, Any]) -> OpenApiResponse:
    return OpenApiResponse(
        schema,
        description=description,
        examples=[OpenApiExample("Answer", value=example, response_only=True)],
    )


def taking(schema: dict[str, Any], example: dict[str, Any], *, name: str) -> dict[str, Any]:
    """What an operation with a body says of it; `name` is that of the example."""
    return {
        "request": {"application/json": schema},
        "examples": [OpenApiExample(name, value=example, request_only=True)],
    }


_GIVEN_REQUEST_ID = {
    "name": request_ids.HEADER,
    "in": "header",
    # Any text: one that is not an id is no error.
    "schema": {"type": "string"},
    "description": f"An id for this request: {events.ID_RULE}. Without one, or with another text, one is made up.",
}
_REQUEST_ID = {"schema": ID, "required": True, "description": "The request's id, also in the server's log."}
# Described in api/access/documentation.py.
LIMIT_HEADERS = ("RateLimit-Policy", "RateLimit")
_RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait before trying again."}
_BAD_HEADER = "A header or a parameter is missing or malformed."
_NO_USER = "The header user-id is missing."
CASSANDRA_AWAY = problem_response(503, "Cassandra is away.", "Cassandra did not answer.")
POSTGRES_AWAY = problem_response(503, "Postgres is away.", "Postgres did not answer.")

latest_products = extend_schema(
    operation_id="latest_products",
    summary="The products that a shopper viewed last",
    description="Distinct products, newest view first. A user never seen has an empty list.",
    tags=["history"],
    parameters=[_USER, _LIMIT],
    responses={
        200: answer(
            _object(
                **{"user-id": ID, "products": {"type": "array", "items": ID, "maxItems": LIMIT_MAXIMUM}},
                type=_words("personalized"),
            ),
            "The shopper's products.",
            {"user-id": "user-78", "products": ["product-173", "product-42"], "type": "personalized"},
        ),
        **problem_response(400, _BAD_HEADER, _NO_USER),
        **CASSANDRA_AWAY,
    },
)

_CATALOGUE_PRODUCT = {"type": "string", "minLength": 1}
_SOURCE = _words(
    *dict.fromkeys(source.name for sources in (SOURCES, SIMILAR, *TRENDING.values()) for source in sources),
    VIEWED_LATELY,
    RULE,
)
EXPLANATION = _object(product=_CATALOGUE_PRODUCT, source=_SOURCE, reason={"type": "string"})
_TEXT_OR_NULL = {"type": ["string", "null"]}
_DETAIL = _object(
    product=_CATALOGUE_PRODUCT,
    title=_TEXT_OR_NULL,
    price={**_TEXT_OR_NULL, "description": "A decimal number, as text."},
    currency=_TEXT_OR_NULL,
    image=_TEXT_OR_NULL,
    url=_TEXT_OR_NULL,
    brand=_TEXT_OR_NULL,
    **{"in-stock": {"type": "boolean"}},
)
_PRODUCTS: dict[str, Any] = {
    "type": "array",
    "items": _CATALOGUE_PRODUCT,
    "maxItems": LIMIT_MAXIMUM,
    "uniqueItems": True,
}
_ANSWER_ID: dict[str, Any] = {
    "type": "string",
    "format": "uuid",
    "description": "Names this answer in the topic that says what was shown.",
}
_AN_ANSWER_ID = "6f1f5c1e-0b7e-4f0a-9d25-3c6a1d2f9a10"


_PART = {
    **_object(name=ID, arm=ID),
    "description": "The experiment in which this answer takes part, and in which arm; only where it does.",
}


def _list(**properties: dict[str, Any]) -> dict[str, Any]:
    """A list of products; explanations and details are in their order, only where they are asked for.

    The experiment is there where the answer takes part in one.
    """
    schema = _object(**properties, products=_PRODUCTS, **{"recommendation-id": _ANSWER_ID})
    schema["properties"]["experiment"] = _PART
    schema["properties"]["explanations"] = {"type": "array", "items": EXPLANATION, "maxItems": LIMIT_MAXIMUM}
    schema["properties"]["details"] = {"type": "array", "items": _DETAIL, "maxItems": LIMIT_MAXIMUM}
    return schema


_TOGETHER = {
    "product": "product-17",
    "source": "viewed-together",
    "reason": "viewed together with product-173 and product-20",
}
_TOP_SELLER = {"product": "product-4", "source": "best-sellers", "reason": "top seller of 2026-10"}

recommendations = extend_schema(
    operation_id="recommendations",
    summary="What to show a shopper",
    description=(
        "Different products of the catalogue, best first; fewer than asked for only when it has fewer. First what"
        " shoppers viewed together with what this one viewed, learned from each view as it passes; then the best"
        " sellers of at most three categories that the shopper viewed much or lately, shared between these by"
        " interest, the best sellers overall, the newest products; what the shopper viewed lately comes last, only to"
        " fill up. Best sellers are those of the previous month, or of the last one that had orders. `personalized`"
        " when a product is shown because of the shopper's views. What is in the shopper's cart is left out."
        + _FILTERED
    ),
    tags=["recommendations"],
    parameters=[_USER, *LIST],
    responses={
        200: answer(
            _list(**{"user-id": ID}, type=_words("personalized", "non-personalized")),
            "What to show.",
            {
                "user-id": "user-78",
                "products": ["product-17", "product-4"],
                "type": "personalized",
                "recommendation-id": _AN_ANSWER_ID,
                "explanations": [_TOGETHER, _TOP_SELLER],
            },
        ),
        **problem_response(400, _BAD_HEADER, _NO_USER),
        **CASSANDRA_AWAY,
    },
)


def unknown_product(productid: str) -> str:
    return f"{productid} is not in the catalogue, and was never viewed."


similar_products = extend_schema(
    operation_id="similar_products",
    summary="What goes with a product",
    description=(
        "What is viewed together with it, then what else its category has: best sellers, then the newest. Never the"
        " product itself." + _FILTERED
    ),
    tags=["recommendations"],
    parameters=[
        PRODUCT_IN_PATH,
        ANY_USER,
        *LIST,
    ],
    responses={
        200: answer(
            _list(**{"product-id": ID}),
            "What goes with it.",
            {
                "product-id": "product-173",
                "products": ["product-17"],
                "recommendation-id": _AN_ANSWER_ID,
                "explanations": [{**_TOGETHER, "reason": "viewed together with product-173"}],
            },
        ),
        **problem_response(
            400, _BAD_HEADER, f"The query parameter limit must be a whole number from 1 to {LIMIT_MAXIMUM}."
        ),
        **problem_response(404, "Nobody knows it.", unknown_product("product-173")),
        **CASSANDRA_AWAY,
    },
)

trending_products = extend_schema(
    operation_id="trending_products",
    summary="What rises now",
    description=(
        "What is viewed more than its own past lets expect, not what is viewed most; filled with best sellers, then"
        " with the newest products." + _FILTERED
    ),
    tags=["recommendations"],
    parameters=[
        OpenApiParameter(
            "period",
            {**_words(*(period.name.lower() for period in Period)), "default": "day"},
            OpenApiParameter.QUERY,
            description="Over which time: each is compared with one ten times as long.",
        ),
        ANY_USER,
        *LIST,
    ],
    responses={
        200: answer(
            _list(period=_words(*(period.name.lower() for period in Period))),
            "What rises.",
            {
                "period": "day",
                "products": ["product-17", "product-4"],
                "recommendation-id": _AN_ANSWER_ID,
                "explanations": [
                    {"product": "product-17", "source": "trending", "reason": "viewed this day more than usual"},
                    _TOP_SELLER,
                ],
            },
        ),
        **problem_response(400, _BAD_HEADER, "The query parameter period must be hour, day or week."),
        **CASSANDRA_AWAY,
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
        **problem_response(400, _BAD_HEADER, _NO_USER),
        **problem_response(404, "It was not in the history.", not_in_the_history("product-173", "user-78")),
        **CASSANDRA_AWAY,
    },
)

POSITIONS = OpenApiParameter(
    "positions",
    {"type": "boolean", "default": False},
    OpenApiParameter.QUERY,
    description="Whether the answer says where in Kafka each event is.",
)
# Of those that were accepted, in their order.
POSITIONS_ANSWER: dict[str, Any] = {
    "type": "array",
    "items": _object(
        **{"message-id": ID, "user-id": ID},
        topic={"type": "string"},
        partition={"type": "integer", "minimum": 0},
        offset={"type": "integer", "minimum": 0},
    ),
    "description": "With `positions`: where in Kafka each accepted event is, in their order.",
}
_ACCEPTED = _object(accepted={"type": "integer", "minimum": 1})
_ACCEPTED["properties"]["positions"] = POSITIONS_ANSWER

_EVENT = {"oneOf": [_reference(event) for event in ("ProductView", *shop_events.KINDS)]}
post_events = extend_schema(
    operation_id="post_events",
    summary="Report product views, carts, orders, what was shown and clicked, searches",
    description=(
        "An event that is no ProductView says in `event` which it is; a list may mix them. All carts and orders of a"
        f" request hold {LINES_MAXIMUM} products at most."
        " Answers when Kafka has acknowledged them all. If one is invalid, none is sent. A view without a timestamp"
        " counts as made now. Of several of one shopper in a request, the last is made now and each before it a"
        " millisecond earlier: they keep the order in which they are given. A view with a timestamp can be sent again,"
        " after a 503 for example: the same user, message id and timestamp are one view, however often they come."
        " Without a timestamp each sending is a view of its own. The same holds of the other events. Of the views of"
        " one product by one person, and from one address with a browser's key, only some an hour count for what others"
        " are recommended, and so of what is put into carts and ordered; all are stored."
    ),
    tags=["events"],
    parameters=[POSITIONS],
    request={
        "application/json": {
            "oneOf": [
                _EVENT,
                {
                    "type": "array",
                    "items": _EVENT,
                    "minItems": 1,
                    "maxItems": VIEWS_MAXIMUM,
                },
            ]
        }
    },
    examples=[
        OpenApiExample("One view", value=_VIEW, request_only=True),
        OpenApiExample("A list", value=[_VIEW], request_only=True),
        OpenApiExample("A product put into the cart", value={**_VIEW, "event": "ProductAdded"}, request_only=True),
    ],
    responses={
        202: answer(_ACCEPTED, "Accepted.", {"accepted": 1}),
        **problem_response(
            400,
            "Not JSON, an empty or too long list, or views that are not valid.",
            "1 of 2 views are not valid; none was sent.",
            errors=[{"index": 1, "reason": "Object missing required field `userid`"}],
        ),
        **BODY_PROBLEMS,
        **problem_response(503, "Kafka is away.", "Kafka did not answer."),
    },
)


def not_stored(messageid: str, userid: str) -> str:
    return (
        f"{messageid} is not among the newest events of {userid}. One that was just accepted may still be on its way."
    )


stored_event = extend_schema(
    operation_id="stored_event",
    summary="Where an event is in Cassandra",
    description=(
        "An accepted event is in Kafka; a moment later it is in Cassandra, and this answers. It is looked for among the"
        f" newest {NEWEST_EVENTS} views of the shopper, and as many of their other events, under the id that the"
        " event was sent with."
    ),
    tags=["events"],
    parameters=[
        OpenApiParameter(
            "messageid",
            ID,
            OpenApiParameter.PATH,
            required=True,
            description="The event's message id.",
            examples=[OpenApiExample("message-1", value="message-1")],
        ),
        _USER,
    ],
    responses={
        200: answer(
            _object(
                **{"message-id": ID, "user-id": ID},
                event={"type": "string"},
                table=_words("product_views", "shop_events"),
                time={"type": "string", "format": "date-time", "description": "The event's own."},
                counted={"type": "boolean", "description": "Whether it is learned from: false for one above a cap."},
            ),
            "The event is stored.",
            {
                "message-id": "message-1",
                "user-id": "user-78",
                "event": "ProductView",
                "table": "product_views",
                "time": "2026-11-27T10:00:00Z",
                "counted": True,
            },
        ),
        **problem_response(400, "The message id or user-id is missing or not valid.", _NO_USER),
        **problem_response(404, "No such event is stored.", not_stored("message-1", "user-78")),
        **CASSANDRA_AWAY,
    },
)

_MODEL = {
    "oneOf": [
        _object(generation={"type": "integer"}, **{"age-seconds": {"type": "number", "minimum": 0}}),
        {"const": "none"},
    ],
    "description": "Which generation of the model answers, and how long ago its newest event was; none without one.",
}
_RULES = {
    **_words("up", "stale", "unread"),
    "description": "Whether changes of rules are heard of; `stale`: those that were read count; `unread`: none do.",
}
_EXPERIMENTS = {
    **_words("up", "stale", "unread"),
    "description": "Whether changes of experiments are heard of; `stale`: those that ran run on; `unread`: none do.",
}
_SHOWN = _object(lost={"type": "integer", "minimum": 0})
_SHOWN["description"] = "How many messages of what was shown this process could not send since it began."
_ACCESS = {
    **_object(
        **{"open-to": {"type": "array", "items": {"type": "string"}}},
        keys=_words("up", "stale", "unread"),
        limits=_words("shared", "each"),
    ),
    "description": (
        "Networks that are answered without a key, none in production; whether changes of keys are heard of; whether"
        " limits are shared between processes, or each process has its own while Valkey is away."
    ),
}
_AWAY = problem_response(503, "Cassandra is away.", "Away: Cassandra.", cassandra="down", kafka="up")
_ALL_UP = {"status": "ready", "cassandra": "up", "kafka": "up"}

live = extend_schema(
    operation_id="live",
    summary="Does this process run?",
    description="Asks no other server.",
    tags=["health"],
    responses={200: answer(_LIVE, "It runs.", {"status": "live"})},
)

ready = extend_schema(
    operation_id="ready",
    summary="Do the servers behind it answer?",
    description="Without Kafka it is degraded, and still ready: reads work, reported views get a 503.",
    tags=["health"],
    responses={200: answer(_READY, "It is ready.", _ALL_UP), **_AWAY},
)

health = extend_schema(
    operation_id="health",
    summary="Both in one, how old the model is, and whether the cache of the data API answers",
    tags=["health"],
    responses={
        200: answer(
            _object(
                live=_LIVE,
                ready=_READY,
                model=_MODEL,
                shown=_SHOWN,
                cache=_CACHE,
                access=_ACCESS,
                rules=_RULES,
                experiments=_EXPERIMENTS,
            ),
            "It is ready.",
            {
                "live": {"status": "live"},
                "ready": _ALL_UP,
                "model": {"generation": 3, "age-seconds": 1.204},
                "shown": {"lost": 0},
                "cache": "up",
                "access": {"open-to": [], "keys": "up", "limits": "shared"},
                "rules": "up",
                "experiments": "up",
            },
        ),
        **problem_response(503, "Cassandra is away.", "Away: Cassandra.", cassandra="down", kafka="up", cache="up"),
    },
)

metrics = extend_schema(
    operation_id="metrics",
    summary="What Prometheus reads",
    description="Counts of all processes of this server since it began, in Prometheus' text format: docs/metrics.md.",
    tags=["health"],
    responses={
        (200, "text/plain"): OpenApiResponse(
            {"type": "string"},
            "The metrics.",
            examples=[OpenApiExample("A count", value='vitrine_api_views_total{outcome="accepted"} 17.0')],
        )
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
    kinds = [events.ProductView, *get_args(shop_events.ShopEvent)]
    _, event_schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
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
        if operation["security"]:
            response["headers"] |= {name: {"$ref": f"#/components/headers/{name}"} for name in LIMIT_HEADERS}
        if status in {"429", "503"}:
            response["headers"]["Retry-After"] = _RETRY_AFTER
