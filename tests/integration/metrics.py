"""What a process shows to Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from vitrine.metrics.exposition import Exposition


@dataclass(frozen=True)
class Shown:
    """Series with their values; a series is its name and its labels."""

    values: dict[tuple[str, frozenset[tuple[str, str]]], float]
    families: set[str]

    def value(self, name: str, **labels: str) -> float:
        return self.values[name, frozenset(labels.items())]

    def total(self, name: str, **labels: str) -> float:
        """Over all series of a name that have these labels."""
        wanted = set(labels.items())
        return sum(value for (other, found), value in self.values.items() if other == name and wanted <= found)


def shown_at(url: str, headers: Mapping[str, str] | None = None) -> Shown:
    answer = httpx.get(url, headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.text))
    samples = [sample for family in families for sample in family.samples]
    return Shown(
        {(each.name, frozenset(each.labels.items())): each.value for each in samples},
        {f"{family.name}_total" if family.type == "counter" else family.name for family in families if family.samples},
    )


def assert_as_declared(exposition: Exposition, shown: Shown) -> None:
    """Each metric has a series, and there is none of ours that the table does not name."""
    ours = {name for name in shown.families if not name.startswith("process_")}
    assert ours == {metric.name for metric in exposition.declared}
    for metric in exposition.declared:
        for name, labels in shown.values:
            if name in (metric.name, f"{metric.name}_count"):
                assert {label for label, _ in labels} == set(metric.labels)
                assert all(not metric.labels[label] or value in metric.labels[label] for label, value in labels)
