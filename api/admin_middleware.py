"""What only the pages of the admin need: sessions, users, messages, and a page for when Postgres is away.

The shop's API passes by all of it: no request under /api/ reads a session, and none needs Postgres.
"""

import logging
from collections.abc import Callable
from typing import cast

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.access import limiting
from api.problems import RETRY_AFTER_SECONDS

ADMIN_PATH = "/admin/"
_SIGN_IN_PATH = f"{ADMIN_PATH}login/"
# So that passwords cannot be tried by the thousand.
_SIGN_IN_WEIGHT = 20

Handler = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger(__name__)


class AdminMiddleware:
    """Django's three in one: as members of MIDDLEWARE, each would cost every request of the shop a call."""

    def __init__(self, get_response: Handler) -> None:
        self._shop = get_response
        # Awaitable, says its type, for servers that are asynchronous.
        self._admin = cast(Handler, SessionMiddleware(AuthenticationMiddleware(MessageMiddleware(get_response))))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ADMIN_PATH):
            return self._shop(request)
        if request.method == "POST" and request.path_info == _SIGN_IN_PATH:
            try:
                limiting.take_from_address(request, _SIGN_IN_WEIGHT)
            except limiting.LimitReached as error:
                return HttpResponse(error.detail, status=429, content_type="text/plain", headers=error.headers)
        return self._admin(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A page that finds no Postgres is 503 with a sentence."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        logger.warning("the admin finds no Postgres: %s", " ".join(str(error).split()))
        sentence = "Postgres does not answer. The shop's API works without it; this page does not."
        return HttpResponse(
            sentence, status=503, content_type="text/plain", headers={"Retry-After": RETRY_AFTER_SECONDS}
        )
