"""A span for each request."""

from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry.trace import SpanKind

from api import request_ids
from vitrine import traces


def tracing_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Goes on with the trace that a request carries in `traceparent`, else begins one.

    Where no traces are wanted Django leaves it out. It is made in each worker process, after the fork.
    """
    tracer = traces.start("api")
    if tracer is None:
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = {name.lower(): value for name, value in request.headers.items()}
        with tracer.start_as_current_span(
            request.method or "", context=traces.context_of(given.items()), kind=SpanKind.SERVER
        ) as span:
            response = get_response(request)
            match = request.resolver_match
            if match:
                span.update_name(f"{request.method} {match.route}")
                span.set_attribute("http.route", match.route)
            span.set_attribute("http.request.method", request.method or "")
            span.set_attribute("http.response.status_code", response.status_code)
            span.set_attribute(traces.REQUEST_ID, request_ids.current() or "")
        return response

    return middleware
