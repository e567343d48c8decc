"""What makes spans and sends them; loaded only where traces are wanted."""

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from vitrine.outage import Outage

# Whoever stops does not wait for a receiver that is away.
EXPORT_SECONDS = 2.0


def provider(process: str, *, endpoint: str, share: float) -> TracerProvider:
    """Sends by a thread of its own, which does not survive a fork."""
    # It would log each attempt that fails.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    made = TracerProvider(
        # By the id of the trace, whoever began it: a client may not ask for more, and a trace is whole or not there.
        sampler=TraceIdRatioBased(share),
        resource=Resource.create({"service.name": f"vitrine-{process}"}),
        shutdown_on_exit=False,
    )
    made.add_span_processor(BatchSpanProcessor(_Exporter(endpoint)))
    return made


class _Exporter(SpanExporter):
    """OTLP over HTTP, which says once that the receiver is away."""

    def __init__(self, endpoint: str) -> None:
        self._exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        self._outage = Outage("The receiver of traces")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._outage.end()
        else:
            self._outage.begin("spans are lost meanwhile")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]
