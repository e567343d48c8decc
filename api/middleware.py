"""What happens to every request and answer: allowed hosts, errors as problems, nothing cached unless it says so."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware

from api import problems
from api.admin_middleware import ADMIN_PATH

# Where data is answered, and no pages: our API, and Segment's.
DATA_PATHS = ("/api/", "/v1/")
# Load balancers and Prometheus call by address.
BY_ADDRESS = ("/api/v1/health/", "/api/v1/metrics/")


def problem_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Every error leaves as application/problem+json, whoever answered it; data is not cached, unless it says so.

    Only the admin answers people with pages, and so does a page that says so (`is_page`).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if _is_to_become_a_problem(request, response):
            response = problems.from_response(response, path=request.path)
        if request.path_info.startswith(DATA_PATHS):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def _is_to_become_a_problem(request: HttpRequest, response: HttpResponseBase) -> bool:
    if response.status_code < 400 or response.headers.get("Content-Type") == problems.CONTENT_TYPE:
        return False
    return not (request.path_info.startswith(ADMIN_PATH) or getattr(response, "is_page", False))


class AllowedHostMiddleware(CommonMiddleware):
    """Django's check of the Host header, except for what is called by address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info.startswith(BY_ADDRESS) else super().process_request(request)
