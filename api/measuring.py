"""How long each request took, by what was asked for and how it ended."""

import time
from collections.abc import Callable
from functools import cache

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Histogram

from vitrine.metrics.api import REQUEST_SECONDS

# Anybody may make up a method, or a path; each would be a series for ever.
_METHODS = {"GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH"}
_OUTCOMES = {429: "limited", 503: "unavailable"}
_BY_CLASS = ("failed", "ok", "ok", "ok", "refused", "failed")


def measuring_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The endpoint is the path as it is declared in api.urls; `none` where the request has got to no view."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        method = request.method if request.method in _METHODS else "other"
        outcome = _outcome(response.status_code)
        _series(match.route if match else "none", method, outcome).observe(time.perf_counter() - began)
        return response

    return middleware


@cache
def _series(endpoint: str, method: str | None, outcome: str) -> Histogram:
    """The client takes longer to find it than to count."""
    return REQUEST_SECONDS.labels(endpoint, method, outcome)


def _outcome(status: int) -> str:
    return _OUTCOMES.get(status) or _BY_CLASS[status // 100]
