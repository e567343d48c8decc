"""What the OpenAPI document says of rules and of their preview."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from api.rules.selectors import LISTS
from api.rules.validators import (
    CATEGORY_CHARACTERS,
    PRIORITY_MAXIMUM,
    PRODUCTS_MAXIMUM,
    RULES_MAXIMUM,
    STRENGTH_MAXIMUM,
)
from api.schema import (
    ANY_USER,
    BODY_PROBLEMS,
    CASSANDRA_AWAY,
    EXPLANATION,
    ID,
    LIST,
    MOMENT,
    POSTGRES_AWAY,
    answer,
    object_of,
    or_null,
    problem_response,
    taking,
    unknown_product,
)
from vitrine.learning import Period
from vitrine.recommending import LIMIT_MAXIMUM, RuleKind
from vitrine.recommending.rules import GATHERED_MINIMUM, GATHERED_TIMES


def no_rule(ruleid: int) -> str:
    return f"There is no rule {ruleid}."


_CATEGORY = {"type": "string", "maxLength": CATEGORY_CHARACTERS, "pattern": r"^[^\u0000-\u001f\u007f]*$"}
_FIELDS: dict[str, Any] = {
    "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "pattern": r"^[^\u0000-\u001f\u007f]+$",
        "description": "The reason that explanations give.",
    },
    "kind": {"type": "string", "enum": [str(kind) for kind in RuleKind]},
    "products": {"type": "array", "items": ID, "maxItems": PRODUCTS_MAXIMUM, "uniqueItems": True},
    "category": or_null(_CATEGORY, 'All of this category too, and of what is part of it: "A" covers "A > B".'),
    "placement": or_null(ID, "For lists at this placement alone; null: at any."),
    "page_category": or_null(
        _CATEGORY, "For lists beside a product of this category, or filtered to it; null: any, or none."
    ),
    "starts_at": or_null(MOMENT, "Null: at once."),
    "ends_at": or_null(MOMENT, "Null: never."),
    "priority": {"type": "integer", "minimum": -PRIORITY_MAXIMUM, "maximum": PRIORITY_MAXIMUM, "default": 0},
    "position": or_null(
        {"type": "integer", "minimum": 1, "maximum": LIMIT_MAXIMUM},
        "Of a pin, and of no other: the place of its first product; the others follow.",
    ),
    "strength": or_null(
        {"type": "number", "minimum": 1, "maximum": STRENGTH_MAXIMUM}, "Of a boost or bury, and of no other."
    ),
}
_STATE = {"type": "string", "enum": ["now", "later", "over"]}
_RULE = object_of(
    ["id", *_FIELDS, "created_at", "changed_at", "state"],
    id={"type": "integer"},
    **_FIELDS,
    created_at=MOMENT,
    changed_at=MOMENT,
    state=_STATE,
)
_BODY = {**object_of(["name", "kind"], **_FIELDS), "additionalProperties": False}
_CHANGES = {**object_of([], **_FIELDS), "additionalProperties": False}
_NEW: dict[str, Any] = {
    "name": "Autumn sale",
    "kind": "pin",
    "products": ["product-173"],
    "placement": "home",
    "ends_at": "2026-12-01T00:00:00Z",
    "position": 2,
}
_EXAMPLE: dict[str, Any] = {
    "id": 7,
    **dict.fromkeys(_FIELDS),
    **_NEW,
    "priority": 0,
    "created_at": "2026-11-20T08:30:00Z",
    "changed_at": "2026-11-20T08:30:00Z",
    "state": "now",
}
_CONFLICTS = (
    " Hide beats all others. Then require: what is not of each rule that requires is not shown. Of pins, the one of the"
    " highest priority chooses its place first; a pin is shown although no source gave its product, but never against"
    " the filters of a request. All boosts and buries count together: what is at place p is sorted as if it were at"
    f" p x (strengths that bury) / (strengths that boost), among {GATHERED_TIMES} times as many as are wanted,"
    f" {GATHERED_MINIMUM} at least."
)
_OF_A_BODY = {
    **problem_response(
        400,
        "All that is wrong, each with its field.",
        "position: A pin needs a position.; strength: A pin has no strength.",
    ),
    **BODY_PROBLEMS,
}
_NO_RULE = problem_response(404, "There is none.", no_rule(7))
_ID = OpenApiParameter(
    "ruleid", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH, required=True, description="The rule's id."
)


list_rules = extend_schema(
    operation_id="list_rules",
    summary="The rules",
    description=f"Those of the highest priority first, then the oldest; {RULES_MAXIMUM} at most." + _CONFLICTS,
    tags=["rules"],
    responses={
        200: answer(object_of(["rules"], rules={"type": "array", "items": _RULE}), "The rules.", {"rules": [_EXAMPLE]}),
        **POSTGRES_AWAY,
    },
)
make_rule = extend_schema(
    operation_id="make_rule",
    summary="A new rule",
    description="It counts in every answer within a second." + _CONFLICTS,
    tags=["rules"],
    **taking(_BODY, _NEW, name="A rule"),
    responses={201: answer(_RULE, "The rule.", _EXAMPLE), **_OF_A_BODY, **POSTGRES_AWAY},
)
get_rule = extend_schema(
    operation_id="get_rule",
    summary="A rule",
    description="As it is kept, whether it applies now or not.",
    tags=["rules"],
    parameters=[_ID],
    responses={200: answer(_RULE, "The rule.", _EXAMPLE), **_NO_RULE, **POSTGRES_AWAY},
)


def _changing(operation: str, summary: str, description: str, body: dict[str, Any]) -> Callable[..., Any]:
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=["rules"],
        parameters=[_ID],
        **taking(body, _NEW, name="A rule"),
        responses={200: answer(_RULE, "The rule as it is now.", _EXAMPLE), **_OF_A_BODY, **_NO_RULE, **POSTGRES_AWAY},
    )


replace_rule = _changing(
    "replace_rule", "Another rule in the place of one", "What the body does not name is as in a new rule.", _BODY
)
change_rule = _changing("change_rule", "Something of a rule", "What the body does not name stays as it is.", _CHANGES)
delete_rule = extend_schema(
    operation_id="delete_rule",
    summary="The end of a rule",
    description="No answer follows it any more within a second.",
    tags=["rules"],
    parameters=[_ID],
    responses={204: OpenApiResponse(description="It is deleted."), **_NO_RULE, **POSTGRES_AWAY},
)
_PLACE = {"type": ["integer", "null"], "minimum": 1, "description": "From 1; null for not shown."}
_LISTED = {"type": "array", "items": EXPLANATION, "maxItems": LIMIT_MAXIMUM}
_CHANGE = object_of(
    ["product", "from", "to", "why"],
    **{"product": {"type": "string"}, "from": _PLACE, "to": _PLACE, "why": {"type": "string"}},
)
_PREVIEW = object_of(
    ["without", "with", "changes"],
    **{"without": _LISTED, "with": _LISTED, "changes": {"type": "array", "items": _CHANGE}},
)
_FIRST = {"product": "product-17", "source": "newest", "reason": "new in the catalogue"}
_PINNED = {"product": "product-173", "source": "rule", "reason": "pinned by rule 7 (Autumn sale)"}
_A_PREVIEW = {
    "without": [_FIRST, {**_FIRST, "product": "product-4"}],
    "with": [_FIRST, _PINNED],
    "changes": [
        {"product": "product-173", "from": None, "to": 2, "why": _PINNED["reason"]},
        {"product": "product-4", "from": 2, "to": None, "why": "others have come before it"},
    ],
}


def _previewing(operation: str, summary: str, **more: Any) -> Callable[..., Any]:  # noqa: ANN401 - of extend_schema
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=(
            "A list without any rule and with those that apply now, and why each product that has another place has it."
            " It is asked for as the list itself is; nobody is noted as having been shown it. A draft counts whatever"
            " its time span."
        ),
        tags=["rules"],
        parameters=[
            OpenApiParameter(
                "list",
                {"type": "string", "enum": list(LISTS), "default": LISTS[0]},
                OpenApiParameter.QUERY,
                description="For a shopper, beside a product, or what rises.",
            ),
            OpenApiParameter(
                "product", ID, OpenApiParameter.QUERY, description="Of the list `similar`, and of no other: beside it."
            ),
            OpenApiParameter(
                "period",
                {"type": "string", "enum": [period.name.lower() for period in Period], "default": "day"},
                OpenApiParameter.QUERY,
                description="Of the list `trending`.",
            ),
            ANY_USER,
            *(each for each in LIST if each.name != "explain"),
        ],
        **more,
    )


_PREVIEWED = {
    200: answer(_PREVIEW, "The list, twice.", _A_PREVIEW),
    **problem_response(404, "Nobody knows the product.", unknown_product("product-173")),
    **CASSANDRA_AWAY,
}
preview = _previewing(
    "preview_rules",
    "A list with and without rules",
    responses={
        **_PREVIEWED,
        **problem_response(
            400, "A parameter is malformed.", "The query parameter list must be for-you, similar or trending."
        ),
    },
)
preview_draft = _previewing(
    "preview_rule",
    "A list with and without rules, and a rule that is not stored",
    **taking(_BODY, _NEW, name="A rule"),
    responses={**_PREVIEWED, **_OF_A_BODY},
)
