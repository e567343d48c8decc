"""Metrics that count nothing, for the comparison of `metrics_cost`: imported before any metric is declared."""

from contextlib import nullcontext

from vitrine.metrics import exposition


class Silent:
    """Takes whatever a metric is told."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def labels(self, *_: str) -> "Silent":
        return self

    def inc(self, _amount: float = 1) -> None:
        pass

    observe = set = set_function = inc

    def time(self) -> nullcontext[None]:
        return nullcontext()


def silence() -> None:
    """From now on what is declared is silent."""
    for name in ("Counter", "Gauge", "Histogram"):
        setattr(exposition, name, Silent)
