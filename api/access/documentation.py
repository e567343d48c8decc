"""What the OpenAPI document says of keys, and of what every operation asks for."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from api import problems
from api.access.people import ANONYMOUS_FORM
from api.access.scopes import BROWSER_SCOPES, Scope
from api.limits import BODY_SECONDS
from api.schema import BODY_PROBLEMS, ID, MOMENT, POSTGRES_AWAY, answer, object_of, problem_response

SECURITY_SCHEMES: dict[str, Any] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": (
            "A key: `vt_pub_…` for browsers, `vt_sec_…` for servers. Needed by everything but health and this document;"
            " the development settings answer this machine without one. A browser's key asks for a person only with"
            f" that person's user token, or for a visitor by an id that cannot be guessed: {ANONYMOUS_FORM}."
        ),
    },
    "userToken": {
        "type": "apiKey",
        "in": "header",
        "name": "user-token",
        "description": (
            "A JWT that the shop's server has signed with ES256 for one person: header `kid`, claims `sub` (the"
            " user-id), `aud`, `iat`, `exp` (an hour later at most)."
        ),
    },
}
_REFUSALS = {
    401: ("No valid key, or a user token that is not valid.", "This key is not known, or no longer valid."),
    403: (
        "The key has not the scope, is not for this origin, or is not enough for this person.",
        "The key has no scope history:read.",
    ),
    429: ("More than key or address may ask for.", "This key may ask for a weight of 60000 a minute: wait 3 s."),
}
_OF_A_BODY = {408: ("The body did not come in.", f"The body was not in after {BODY_SECONDS} s.")}
_LIMITS: dict[str, Any] = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The limits of this key, and of this address with a browser's key: weight (q) in seconds (w).",
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "What is left of each (r), and the seconds until all of it is there again (t).",
    },
}


class ScopedSchema(AutoSchema):
    """Each operation with the scope that it asks for, and with what is answered to others."""

    def get_auth(self) -> list[dict[str, Any]]:
        """As many ways in as there are: a key, or a key and a user token."""
        scope: Scope | None = getattr(self.view, "scopes", {}).get(self.method)
        if scope is None:
            return []
        with_key = {"key": [str(scope)]}
        return [with_key, {**with_key, "userToken": []}] if scope in BROWSER_SCOPES else [with_key]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:  # noqa: ANN401 - the library's
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and operation.setdefault("security", []):
            refusals = _REFUSALS | (_OF_A_BODY if "requestBody" in operation else {})
            for status, texts in refusals.items():
                operation["responses"].setdefault(str(status), _refusal(status, *texts))
        return operation


def _refusal(status: int, description: str, detail: str) -> dict[str, Any]:
    examples = {"Problem": {"value": problems.body(status, detail)}}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {"description": description, "content": {problems.CONTENT_TYPE: content}}


def add_components(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Puts what the operations refer to into the document."""
    components = result["components"]
    components["headers"] |= _LIMITS
    components["securitySchemes"] = SECURITY_SCHEMES
    return result


_MOMENT_OR_NONE = {"type": ["string", "null"], "format": "date-time"}
_KIND = {"type": "string", "enum": ["pub", "sec"]}
_NAME = {"type": "string", "minLength": 1, "maxLength": 100}
_SCOPES = {"type": "array", "items": {"type": "string", "enum": list(Scope)}}
_ORIGINS = {"type": "array", "items": {"type": "string"}}
_PER_MINUTE = {"type": ["integer", "null"], "minimum": 1}
_KEY_COLUMNS: dict[str, Any] = {
    "id": {"type": "integer"},
    "ending": {"type": "string", "description": "The last four characters."},
    "name": _NAME,
    "kind": _KIND,
    "scopes": _SCOPES,
    "origins": _ORIGINS,
    "requests_per_minute": _PER_MINUTE,
    "created_at": MOMENT,
    "expires_at": _MOMENT_OR_NONE,
    "revoked_at": _MOMENT_OR_NONE,
    "last_used_at": _MOMENT_OR_NONE,
}
_KEY = object_of(list(_KEY_COLUMNS), **_KEY_COLUMNS)
_NEW_KEY = object_of([*_KEY_COLUMNS, "key"], **_KEY_COLUMNS, key={"type": "string", "description": "Shown this once."})
_EXAMPLE: dict[str, Any] = {
    "id": 7,
    "ending": "x3Qk",
    "name": "shop-server",
    "kind": "sec",
    "scopes": [str(Scope.HISTORY_READ)],
    "origins": [],
    "requests_per_minute": None,
    "created_at": "2026-11-20T08:30:00Z",
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": None,
}
_KEY_ID = OpenApiParameter(
    "keyid", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH, required=True, description="The key's id."
)


def no_key(keyid: int) -> str:
    return f"There is no key {keyid}."


_NO_KEY = problem_response(404, "There is none.", no_key(7))


_MADE = answer(_NEW_KEY, "The key, this once.", {**_EXAMPLE, "key": f"vt_sec_{'A' * 39}x3Qk"})

list_keys = extend_schema(
    operation_id="list_keys",
    summary="The keys that are valid",
    description="By name, 1,000 at most; none with what would open anything.",
    tags=["keys"],
    responses={
        200: answer(object_of(["keys"], keys={"type": "array", "items": _KEY}), "The keys.", {"keys": [_EXAMPLE]}),
        **POSTGRES_AWAY,
    },
)
make_key = extend_schema(
    operation_id="make_key",
    summary="A new key",
    description=(
        "It may do what the key that asks may do, and no more. A browser's key has no other scopes than"
        f" {', '.join(sorted(BROWSER_SCOPES))}. It counts everywhere within a second."
    ),
    tags=["keys"],
    request={
        "application/json": object_of(
            ["name", "kind", "scopes"],
            name=_NAME,
            kind=_KIND,
            scopes=_SCOPES,
            origins=_ORIGINS,
            expires_at=_MOMENT_OR_NONE,
            requests_per_minute=_PER_MINUTE,
        )
        | {"additionalProperties": False}
    },
    examples=[
        OpenApiExample(
            "A server's key",
            value={"name": "shop-server", "kind": "sec", "scopes": [str(Scope.HISTORY_READ)]},
            request_only=True,
        )
    ],
    responses={
        201: _MADE,
        **problem_response(400, "What is wrong with what.", "scopes: There is no scope history:write."),
        **BODY_PROBLEMS,
        **POSTGRES_AWAY,
    },
)
rotate_key = extend_schema(
    operation_id="rotate_key",
    summary="A new key in the place of another",
    description="It may do the same; both are valid for as long as is asked for, seven days unless another time is.",
    tags=["keys"],
    parameters=[_KEY_ID],
    request={
        "application/json": object_of([], overlap_seconds={"type": "number", "minimum": 0, "maximum": 90 * 86_400})
        | {"additionalProperties": False}
    },
    examples=[OpenApiExample("A day", value={"overlap_seconds": 86_400}, request_only=True)],
    responses={
        201: _MADE,
        **problem_response(400, "What is wrong with what.", "This key is revoked or expired: make a new one."),
        **_NO_KEY,
        **BODY_PROBLEMS,
        **POSTGRES_AWAY,
    },
)
revoke_key = extend_schema(
    operation_id="revoke_key",
    summary="The end of a key",
    description="Refused everywhere within a second, for good.",
    tags=["keys"],
    parameters=[_KEY_ID],
    responses={204: OpenApiResponse(description="It is revoked."), **_NO_KEY, **POSTGRES_AWAY},
)
revoke_tokens = extend_schema(
    operation_id="revoke_tokens",
    summary="The end of a person's user tokens",
    description="Those that were signed up to now are refused everywhere within a second; later ones count.",
    tags=["keys"],
    parameters=[OpenApiParameter("person", ID, OpenApiParameter.PATH, required=True, description="The person.")],
    responses={
        204: OpenApiResponse(description="They no longer count."),
        **problem_response(400, "The id is malformed.", "A person's id has 1 to 128 characters."),
        **POSTGRES_AWAY,
    },
)
