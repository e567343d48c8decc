"""What every answer tells a browser to refuse. HSTS is Django's, in production."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api.middleware import DATA_PATHS

_NOTHING_FROM_ELSEWHERE = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# Of data, which no browser shows as a page unless it is led to.
_DATA = "default-src 'none'; frame-ancestors 'none'"
_PAGES = f"{_NOTHING_FROM_ELSEWHERE}; style-src 'self'"
# Swagger UI writes styles into its page.
_DOCUMENTATION = f"{_NOTHING_FROM_ELSEWHERE}; style-src 'self' 'unsafe-inline'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # A shop's pages read answers by CORS, which this leaves as it is.
    "Cross-Origin-Resource-Policy": "same-origin",
}


def security_headers_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Outside of all that answers by itself: a preflight, a redirect, a refused host have these headers too."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request.path_info))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


def _policy(path: str) -> str:
    if not path.startswith(DATA_PATHS):
        return _PAGES
    return _DOCUMENTATION if path.endswith("/docs/") else _DATA
