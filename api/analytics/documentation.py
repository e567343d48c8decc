"""What the OpenAPI document says of the data API."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from api.analytics.parameters import LIMIT_DEFAULT, LIMIT_MAXIMUM
from api.analytics.resources import CUSTOMERS, DEMOGRAPHICS, HOUSEHOLDS, SALES, Filter, Kind, Resource
from api.problems import NOTHING_PUBLISHED
from api.schema import ID, POSTGRES_AWAY, problem_response
from vitrine.events import ID_RULE

_DATE_TIME = {"type": ["string", "null"], "format": "date-time"}
_SCHEMAS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": ["string", "null"]},
    Kind.WHOLE: {"type": ["integer", "null"]},
    Kind.NUMBER: {"type": ["number", "null"]},
    Kind.DATE: {"type": ["string", "null"], "format": "date"},
    Kind.TIME: _DATE_TIME,
    Kind.MOMENT: _DATE_TIME,
    Kind.FLAG: {"type": ["boolean", "null"]},
    Kind.JSON: {"type": ["array", "null"], "items": {}},
}
_EXAMPLES: dict[Kind, Any] = {
    Kind.TEXT: "some",
    Kind.WHOLE: 12,
    Kind.NUMBER: 3.5,
    Kind.DATE: "2026-11-01",
    Kind.TIME: "2026-11-20T08:30:00Z",
    Kind.MOMENT: "2026-11-20T08:30:00Z",
    Kind.FLAG: True,
    Kind.JSON: [],
}
_PUBLISH = {"publish_id": "6f1f5c1e", "published_at": "2026-11-20T08:30:00Z"}
_DESCRIPTION = (
    "Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304 until the"
    " next one, which shows after a second at the latest. `next` is the cursor of the following page, null on the last."
)


def unknown(owner: str) -> str:
    return f"There is no profile of {owner}."


def _parameter(name: str, schema: dict[str, Any], description: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description, required=required)


_ETAG = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of an earlier answer.")
_PAGE = [
    _parameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": LIMIT_MAXIMUM, "default": LIMIT_DEFAULT},
        "How many rows are wanted.",
    ),
    _parameter("cursor", {"type": "string"}, "The `next` of the page before."),
    _ETAG,
]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _filter(name: str, each: Filter) -> OpenApiParameter:
    schema = {key: "string" if value == ["string", "null"] else value for key, value in _SCHEMAS[each.kind].items()}
    schema["type"] = "number" if each.kind is Kind.NUMBER else "string"
    if each.choices:
        schema["enum"] = list(each.choices)
    return _parameter(name, schema, each.description)


def _row(resource: Resource) -> dict[str, Any]:
    return {name: _SCHEMAS[kind] for name, kind in resource.columns.items()}


def _row_example(resource: Resource) -> dict[str, Any]:
    return {name: _EXAMPLES[kind] for name, kind in resource.columns.items()}


def _of_publish(properties: dict[str, Any]) -> dict[str, Any]:
    return _object({"publish_id": {"type": "string"}, "published_at": _DATE_TIME, **properties})


def _responses(
    schema: dict[str, Any], example: dict[str, Any], wrong: str, missing: str = NOTHING_PUBLISHED
) -> dict[Any, OpenApiResponse]:
    examples = [OpenApiExample("Answer", value={**_PUBLISH, **example}, response_only=True)]
    return {
        200: OpenApiResponse(_of_publish(schema), description="As of the last publish.", examples=examples),
        304: OpenApiResponse(description="Nothing was published since."),
        **problem_response(400, "A parameter is malformed, or there is none of that name.", wrong),
        **problem_response(404, "Nothing was published, or there is nothing of that id.", missing),
        **POSTGRES_AWAY,
    }


def _rows(row: dict[str, Any], example: dict[str, Any]) -> dict[Any, OpenApiResponse]:
    schema = {"rows": {"type": "array", "items": row}, "next": {"type": ["string", "null"]}}
    wrong = f"The query parameter limit must be a whole number from 1 to {LIMIT_MAXIMUM}."
    return _responses(schema, {"rows": [example], "next": None}, wrong)


def rows_of(resource: Resource) -> Callable[[type[Any]], type[Any]]:
    operation = extend_schema(
        operation_id=f"analytics_{resource.name.replace('/', '_').replace('-', '_')}",
        summary=resource.summary,
        description=_DESCRIPTION,
        tags=["analytics"],
        parameters=[*(_filter(name, each) for name, each in resource.filters.items()), *_PAGE],
        responses=_rows(_object(_row(resource)), _row_example(resource)),
    )
    return extend_schema_view(get=operation)


def _profile(resource: Resource, name: str, what: str) -> Callable[..., Any]:
    row, example = _row(resource), _row_example(resource)
    if resource is HOUSEHOLDS:
        row["demographics"] = _object({each: row.pop(each) for each in DEMOGRAPHICS})
        example["demographics"] = {each: example.pop(each) for each in DEMOGRAPHICS}
    wrong = f"The id in the path must be {ID_RULE}"
    return extend_schema(
        operation_id=f"analytics_{what}",
        summary=f"The profile of one {what}",
        description="Lines with a quantity of nought or less are returns: not in baskets or spend, counted apart.",
        tags=["analytics"],
        parameters=[
            OpenApiParameter(name, ID, OpenApiParameter.PATH, required=True, description=f"The {what}."),
            _ETAG,
        ],
        responses=_responses(row, example, wrong, unknown("some")),
    )


household = _profile(HOUSEHOLDS, "householdid", "household")
customer = _profile(CUSTOMERS, "userid", "customer")
_BY_DAY, _BY_CATEGORY = SALES["day"], SALES["category"]
sales = extend_schema(
    operation_id="analytics_sales",
    summary="Sales by day, week, month or category",
    description=f"{_DESCRIPTION} Returns are counted apart. By category, days from `from` to `to` are summed.",
    tags=["analytics"],
    parameters=[
        _parameter("by", {"type": "string", "enum": list(SALES)}, "A row is of this.", required=True),
        *(_filter(name, each) for name, each in _BY_DAY.filters.items()),
        *_PAGE,
    ],
    responses=_rows({"anyOf": [_object(_row(_BY_DAY)), _object(_row(_BY_CATEGORY))]}, _row_example(_BY_DAY)),
)
