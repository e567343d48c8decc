"""An id for every request, in its answer and in every line that it logs."""

import logging
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vitrine import events

HEADER = "X-Request-ID"

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_id_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Uses the id that a client or a proxy sends, so that its log and ours can be joined; else makes one up.

    An id that is too long, or has characters that do not belong in a log, is replaced.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if events.is_id(given) else secrets.token_hex(16)
        token = _current.set(request_id)
        try:
            response = get_response(request)
        finally:
            # The thread goes on to another request.
            _current.reset(token)
        response.headers[HEADER] = request_id
        return response

    return middleware


def current() -> str | None:
    """That of the request which this thread answers."""
    return _current.get()


class RequestIdFilter(logging.Filter):
    """Gives each record of a request the attribute `request_id`; lets every record through."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (request_id := _current.get()) is not None:
            record.request_id = request_id
        return True
