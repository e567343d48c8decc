"""What a process shows to Prometheus, read by a page."""

from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families

# A page waits no longer for a process beside it.
TIMEOUT_SECONDS = 1.0


@dataclass(frozen=True)
class Figures:
    """The series of one process: name, labels, value."""

    series: tuple[tuple[str, dict[str, str], float], ...]

    @classmethod
    def of(cls, text: str) -> "Figures":
        """Raises ValueError where it is not Prometheus' format."""
        families = text_string_to_metric_families(text)
        return cls(tuple((each.name, each.labels, each.value) for family in families for each in family.samples))

    @classmethod
    def at(cls, url: str | None) -> "Figures | None":
        """None where nothing answers there."""
        if url is None:
            return None
        try:
            answer = requests.get(url, timeout=TIMEOUT_SECONDS)
            return cls.of(answer.text) if answer.ok else None
        except (requests.RequestException, ValueError):
            return None

    def total(self, name: str, **labels: str) -> float:
        """Over all series of a name that have these labels; 0 without any."""
        return sum(value for _, value in self._of(name, labels))

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """The same for each value of a label, in their order."""
        found: dict[str, float] = {}
        for others, value in self._of(name, labels):
            found[others[label]] = found.get(others[label], 0.0) + value
        return dict(sorted(found.items()))

    def _of(self, name: str, labels: dict[str, str]) -> list[tuple[dict[str, str], float]]:
        return [
            (found, value) for each, found, value in self.series if each == name and labels.items() <= found.items()
        ]
