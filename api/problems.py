"""Errors in the form of RFC 9457: `application/problem+json`, never a page and never a stack trace."""

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus, client
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException

from vitrine.errors import (
    NothingPublishedError,
    ShopDatabaseUnavailableError,
    StorageUnavailableError,
    StreamUnavailableError,
    UnavailableError,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "1"

logger = logging.getLogger(__name__)

# The detail of an error that has none of its own.
_DETAILS: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "The request, or its Host header, is not one that this server accepts.",
    HTTPStatus.FORBIDDEN: "This is not allowed.",
    HTTPStatus.NOT_FOUND: "There is nothing at {path}",
    HTTPStatus.METHOD_NOT_ALLOWED: "The header Allow names the methods of {path}",
}
_UNKNOWN = "The request could not be answered."
# The error itself contains addresses; it goes to the log only.
_AWAY = {
    StorageUnavailableError: "Cassandra did not answer.",
    StreamUnavailableError: "Kafka did not answer.",
    ShopDatabaseUnavailableError: "Postgres did not answer.",
}
NOTHING_PUBLISHED = "Nothing has been published yet: `make pipeline` fills the warehouse and publishes its marts."
_INTERNAL = "The server failed to answer; its log says why."


class RequestTooLarge(APIException):
    """The body has more bytes than are read."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class ConflictError(APIException):
    """What is asked for does not fit the state that something is in."""

    status_code = HTTPStatus.CONFLICT


def body(status: int, detail: str, **members: object) -> dict[str, object]:
    title = client.responses.get(status, "Error")
    return {"type": "about:blank", "title": title, "status": int(status), "detail": detail, **members}


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: object) -> HttpResponse:
    """An answer in RFC 9457's form; `members` are added to the standard ones."""
    content = msgspec.json.encode(body(status, detail, **members))
    all_headers = {**(headers or {}), "Content-Length": str(len(content))}
    return HttpResponse(content, status=status, content_type=CONTENT_TYPE, headers=all_headers)


def away(error: UnavailableError) -> str:
    """Which server it was."""
    return _AWAY.get(type(error), _UNKNOWN)


def unavailable(detail: str, **members: object) -> HttpResponse:
    """503: a server is away; the same request may succeed after Retry-After seconds."""
    headers = {"Retry-After": RETRY_AFTER_SECONDS}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers, **members)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Turns whatever an API view raised into a problem; an unexpected error is logged."""
    match error:
        case UnavailableError():
            return unavailable(away(error))
        case OperationalError() | InterfaceError():
            logger.warning("Postgres is away: %s", " ".join(str(error).split()))
            return unavailable(_AWAY[ShopDatabaseUnavailableError])
        case NothingPublishedError():
            return problem(HTTPStatus.NOT_FOUND, NOTHING_PUBLISHED)
        case APIException():
            return problem(error.status_code, str(error.detail), headers=_headers_of(error))
        case Http404() | PermissionDenied() | SuspiciousOperation() | ValidationError():
            status = {Http404: 404, PermissionDenied: 403}.get(type(error), 400)
            return problem(status, reasons(error) if isinstance(error, ValidationError) else str(error))
    request = context.get("request")
    place = {"method": request.method, "path": request.path} if request else {}
    logger.error("unhandled exception", exc_info=error, extra=place)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, _INTERNAL)


def reasons(error: ValidationError) -> str:
    """What is wrong with what: each reason with the field that it is about, where it is about one."""
    if not hasattr(error, "error_dict"):
        return "; ".join(error.messages)
    return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())


def _headers_of(error: APIException) -> dict[str, str]:
    """The headers that the exception carries, and those that Django REST framework's own handler would make."""
    headers: dict[str, str] = dict(getattr(error, "headers", None) or {})
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def from_response(response: HttpResponseBase, *, path: str) -> HttpResponse:
    """The problem that takes the place of an error page; the page's headers stay (Allow, CORS)."""
    status = response.status_code
    detail = _INTERNAL if status >= 500 else _DETAILS.get(status, _UNKNOWN).format(path=path)
    replaced = problem(status, detail)
    for name, value in response.headers.items():
        replaced.headers.setdefault(name, value)
    response.close()
    return replaced


class UnhandledExceptions(logging.Filter):
    """Lets through only records with an unhandled exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR and record.exc_info is not None
