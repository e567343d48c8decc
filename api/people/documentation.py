"""What the OpenAPI document says of a person's erasure, its receipt, and the export."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from api.people.persons import NOT_SIGNED_IN
from api.schema import BODY_PROBLEMS, CASSANDRA_AWAY, ID, answer, problem_response
from vitrine.erasing.receipts import ALGORITHM
from vitrine.erasing.stores import STORES, When
from vitrine.events import ID_RULE

NEVER_ERASED = "This person was never erased."
_PERSON = OpenApiParameter(
    "personid",
    ID,
    OpenApiParameter.PATH,
    required=True,
    description="The person: the user id of their views and orders.",
    examples=[OpenApiExample("user-78", value="user-78")],
)
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_TIME_OR_NULL: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}


def _object(properties: dict[str, Any], *, optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


_PART = _object(
    {
        "name": {"type": "string", "enum": [store.name for store in STORES]},
        "what": {"type": "string"},
        "where": {"type": "string"},
        "state": {
            "type": "string",
            "enum": ["done", "pending", "kept"],
            "description": "`kept`: nobody uses it any more, and its topic's retention removes it by `gone-by`.",
        },
        "how-many": {"type": ["integer", "null"], "description": "Rows or messages; null where none can be counted."},
        "when": {**_TIME_OR_NULL, "description": "When it was done."},
        "gone-by": {**_TIME_OR_NULL, "description": "Null of a topic that keeps its messages for ever."},
    },
    optional=frozenset({"gone-by"}),
)
_RECEIPT = _object(
    {
        "erasure-id": {"type": "string", "format": "uuid"},
        "person": {"type": "string", "description": "A keyed hash of the id, as a receipt may outlive the erasure."},
        "requested-at": {**_TIME, "description": "Nothing that was done up to then counts any more."},
        "state": {"type": "string", "enum": ["done", "pending"]},
        "parts": {"type": "array", "items": _PART},
        "signature": _object(
            {"algorithm": {"type": "string", "enum": [ALGORITHM, "none"]}, "value": {"type": "string"}}
        ),
    }
)
_AN_ID = "6f1f5c1e-0b7e-4f0a-9d25-3c6a1d2f9a10"
_A_PART = {
    "name": "views",
    "what": "Product views",
    "where": "Cassandra, product_views",
    "state": "done",
    "how-many": 312,
    "when": "2026-11-25T14:00:00.000Z",
}
_A_RECEIPT = {
    "erasure-id": _AN_ID,
    "person": "b5c4f0…",
    "requested-at": "2026-11-25T14:00:00.000Z",
    "state": "pending",
    "parts": [_A_PART],
    "signature": {"algorithm": ALGORITHM, "value": "7d0e3a…"},
}
_ROWS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_EXPORT = _object(
    {
        "person": ID,
        "exported-at": _TIME,
        **{store.exported: {**_ROWS, "description": f"{store.what}."} for store in STORES if store.exported},
        "missing": {
            "type": "array",
            "items": _object({"part": {"type": "string"}, "why": {"type": "string"}}),
            "description": "The parts that are not whole, as a server went away or time ran out.",
        },
    }
)
_AN_EXPORT = {
    "person": "user-78",
    "exported-at": "2026-11-25T14:00:00Z",
    "views": [
        {
            "product-id": "product-173",
            "message-id": "7e9eb4f8-0c1a-4c3e-9f0e-0d4a4c1f0a55",
            "source": "desktop",
            "viewed-at": "2026-11-20T08:30:00.000Z",
            "uncounted": False,
        }
    ],
    "deletions": [],
    "events": [],
    "carts": [],
    "orders": [],
    "identities": [],
    "exposures": [],
    "recommendations-shown": [],
    "marts": [],
    "missing": [],
}
_AT_ONCE = ", ".join(store.name for store in STORES if store.when is When.AT_ONCE)
_ERASING = (
    "Accepted once Kafka has acknowledged it: from then on nothing that was done up to now counts, whatever is"
    f" replayed, restored or built anew. Gone when this answers: {_AT_ONCE}. The rest goes within the hour; messages in"
    " Kafka stay until their topics' retention, and nobody uses them. The answer is the receipt as of now. Asking again"
    " makes a new erasure. What the person does afterwards counts."
)
_RECEIVING = (
    "As things stand: parts that were pending in an earlier one may be done in this one. Of several erasures, the last."
)
_EXPORTING = (
    "One JSON document, streamed. What was shown is given as far as Kafka keeps it and it is found within ten"
    " seconds for each id of the person."
    " What cannot be read is named in `missing`."
)


def _documented(  # noqa: PLR0913 - all by name
    *,
    operation: str,
    summary: str,
    description: str,
    responses: dict[Any, OpenApiResponse],
    is_own: bool,
    kafka: bool = False,
) -> Callable[..., Any]:
    unasked = (
        problem_response(401, "There is no user token.", NOT_SIGNED_IN)
        if is_own
        else problem_response(400, "The id is malformed.", f"The person's id in the path must be {ID_RULE}")
    )
    away = problem_response(503, "A server is away.", "Kafka did not answer." if kafka else "Cassandra did not answer.")
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=["people"],
        parameters=[] if is_own else [_PERSON],
        responses={**responses, **unasked, **({} if operation == "who_am_i" else away)},
    )


_ERASED = {202: answer(_RECEIPT, "Accepted.", _A_RECEIPT)}
_FOUND = {
    200: answer(_RECEIPT, "The receipt.", _A_RECEIPT),
    **problem_response(404, "There was no erasure.", NEVER_ERASED),
}
_EXPORTED = {200: answer(_EXPORT, "All that there is.", _AN_EXPORT)}

erase_person = _documented(
    operation="erase_person",
    summary="Erase a person",
    description=_ERASING,
    responses=_ERASED,
    is_own=False,
    kafka=True,
)
receipt = _documented(
    operation="erasure_receipt",
    summary="The receipt of a person's last erasure",
    description=_RECEIVING,
    responses=_FOUND,
    is_own=False,
)
export_person = _documented(
    operation="export_person",
    summary="All that there is of a person",
    description=_EXPORTING,
    responses=_EXPORTED,
    is_own=False,
)
_PAIR = {"visitor-id": "anon-3f9c27d1b05e48a6917cd2f4e8b3a650", "user-id": "user-78"}


def _of_a_pair(*, operation: str, summary: str, description: str, merged: bool) -> Callable[..., Any]:
    joined = _object({"visitor-id": ID, "user-id": ID, "merged": {"const": merged}})
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=["people"],
        request={"application/json": {**_object({"visitor-id": ID, "user-id": ID}), "additionalProperties": False}},
        examples=[OpenApiExample("A visitor and a customer", value=_PAIR, request_only=True)],
        responses={
            200: answer(joined, "Done.", {**_PAIR, "merged": merged}),
            **problem_response(400, "Malformed, or no customer.", "user-id must be a customer, and no visitor."),
            **BODY_PROBLEMS,
            **CASSANDRA_AWAY,
        },
    )


merge = _of_a_pair(
    operation="merge",
    summary="A visitor is a customer",
    description=(
        "What the visitor viewed and has in the cart is the customer's from the next answer on: what was done before"
        " now, back to the moment at which another customer was identified as this visitor, and after now, until"
        " another one is. A browser's key needs the customer's user token. Asking again changes nothing. Erasure and"
        " export of the customer are those of the visitor too."
    ),
    merged=True,
)
unmerge = _of_a_pair(
    operation="unmerge",
    summary="A visitor is not this customer",
    description=(
        "As if they had never been merged: each has what they viewed and put into the cart. Asking again changes"
        " nothing."
    ),
    merged=False,
)
who_am_i = _documented(
    operation="who_am_i",
    summary="Whom the user token names",
    description="The person as whom the other operations of `me/` act.",
    responses={200: answer(_object({"person": ID}), "The person.", {"person": "user-78"})},
    is_own=True,
)
erase_me = _documented(
    operation="erase_me",
    summary="Erase whoever asks",
    description=_ERASING,
    responses=_ERASED,
    is_own=True,
    kafka=True,
)
my_receipt = _documented(
    operation="my_erasure_receipt",
    summary="The receipt of one's own last erasure",
    description=_RECEIVING,
    responses=_FOUND,
    is_own=True,
)
export_me = _documented(
    operation="export_me",
    summary="All that there is of whoever asks",
    description=_EXPORTING,
    responses=_EXPORTED,
    is_own=True,
)
