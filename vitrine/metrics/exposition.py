"""The metrics of one process: declared once, with what each means, and shown as text to whoever asks."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

from vitrine.errors import SettingsError
from vitrine.metrics import sharing

# From two milliseconds, which a short answer takes, to ten seconds, for which nobody waits.
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MESSAGES = (1, 5, 10, 50, 100, 500, 1000, 5000)
# The values of a label that are not known beforehand: few all the same, and no id of a person or a product.
OPEN: tuple[str, ...] = ()

# When each series began is of no use here, and would double their number.
disable_created_metrics()  # type: ignore[no-untyped-call]

Labels = Sequence[str]
Kind = TypeVar("Kind", Counter, Gauge, Histogram)


class Declaration(NamedTuple):
    """One metric, under the name by which Prometheus knows it; its labels with the values that they take."""

    name: str
    kind: str
    labels: Mapping[str, Labels]
    meaning: str


class Exposition:
    """All metrics of one process. A series whose labels are known is there from the start, and 0."""

    def __init__(self, process: str) -> None:
        self.process = process
        self.declared: list[Declaration] = []
        self._registry = CollectorRegistry()

    def counter(self, name: str, meaning: str, **labels: Labels) -> Counter:
        """Its name ends with _total."""
        self.declared.append(Declaration(name, "counter", labels, meaning))
        return _begun(Counter(name, meaning, list(labels), registry=self._registry), labels)

    def gauge(self, name: str, meaning: str, **labels: Labels) -> Gauge:
        """Of several processes of one server, the value that any of them has set last."""
        self.declared.append(Declaration(name, "gauge", labels, meaning))
        made = Gauge(name, meaning, list(labels), registry=self._registry, multiprocess_mode="mostrecent")
        return _begun(made, labels)

    def histogram(self, name: str, meaning: str, *, buckets: Sequence[float] = SECONDS, **labels: Labels) -> Histogram:
        self.declared.append(Declaration(name, "histogram", labels, meaning))
        return _begun(Histogram(name, meaning, list(labels), registry=self._registry, buckets=buckets), labels)

    def text(self) -> bytes:
        """In Prometheus' text format; of all processes that count together."""
        if not sharing.is_shared():
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def serve(self, host: str, port: int | None, *, setting: str) -> None:
        """Answers GET /metrics in a thread of its own; does nothing without a port.

        The process' own processor time and memory are added. Raises SettingsError where the port, which `setting`
        gives, is taken: a second process of the kind would be seen by nobody.
        """
        if port is None:
            return
        try:
            start_http_server(port, host, self._registry)
        except OSError as error:
            raise SettingsError(f"{setting}: cannot listen on {host}, port {port}: {error.strerror}") from None
        ProcessCollector(registry=self._registry)


def _begun(metric: Kind, labels: Mapping[str, Labels]) -> Kind:
    if labels:
        for values in product(*labels.values()):
            metric.labels(*values)
    return metric
