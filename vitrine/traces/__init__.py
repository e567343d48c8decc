"""Traces: a posted view from its request to its row, as OpenTelemetry spans sent by OTLP.

Off unless VITRINE_OTLP_ENDPOINT is set; then nothing is made and nothing is sent. A span holds no id of a person: who
receives traces is not asked when somebody is erased.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from vitrine.settings import TracesSettings, load

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

REQUEST_ID = "vitrine.request_id"

_w3c = TraceContextTextMapPropagator()
_started: "list[TracerProvider]" = []


def start(process: str) -> Tracer | None:
    """What makes spans; None where no traces are wanted. Called once in a process, after it was forked.

    Spans are sent by a thread; of more than 2,048 that wait the rest is dropped. While the receiver is away, which is
    logged once, spans are lost and nobody waits.
    """
    settings = load(TracesSettings)
    if settings.otlp_endpoint is None:
        return None
    from vitrine.traces.sending import provider

    made = provider(process, endpoint=settings.otlp_endpoint, share=settings.traces_share)
    _started.append(made)
    return made.get_tracer("vitrine")


def stop() -> None:
    """Sends what waits, if the receiver is there."""
    while _started:
        _started.pop().shutdown()


def carried() -> list[tuple[str, bytes]]:
    """The headers with which a message carries the current span on (W3C trace context); none without one."""
    if not _started:
        return []
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return [(name, value.encode()) for name, value in carrier.items()]


def context_of(headers: Iterable[tuple[str, str]]) -> Context:
    """The span that a request or a message carries, names in small letters; headers that make no sense carry none."""
    return _w3c.extract(dict(headers))
