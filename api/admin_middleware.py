"""What only the pages of the admin need: sessions, users, messages, and a page for when Postgres is away.

The shop's API passes by all of it: no request under /api/ reads a session, and none needs Postgres.
"""

import logging
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from api.problems import RETRY_AFTER_SECONDS

ADMIN_PATH = "/admin/"

logger = logging.getLogger(__name__)


class _AdminOnly(MiddlewareMixin):
    """Lets everything but the admin's pages pass by the middleware that it is mixed into."""

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401 - as Django declares it
        if request.path_info.startswith(ADMIN_PATH):
            return super().__call__(request)
        return self.get_response(request)


class AdminSessions(_AdminOnly, SessionMiddleware):
    """Who has signed in keeps a session."""


class AdminUsers(_AdminOnly, AuthenticationMiddleware):
    """Whose session it is."""


class AdminMessages(_AdminOnly, MessageMiddleware):
    """What a page says of the page before."""


class AdminWithoutPostgres(_AdminOnly):
    """A page that finds no Postgres is 503 with a sentence."""

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        logger.warning("the admin finds no Postgres: %s", " ".join(str(error).split()))
        sentence = "Postgres does not answer. The shop's API works without it; this page does not."
        return HttpResponse(
            sentence, status=503, content_type="text/plain", headers={"Retry-After": RETRY_AFTER_SECONDS}
        )
