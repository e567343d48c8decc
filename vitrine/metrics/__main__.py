"""`python -m vitrine.metrics` prints docs/metrics.md."""

from vitrine.metrics.api import exposition as api
from vitrine.metrics.exposition import Declaration, Exposition
from vitrine.metrics.view_consumer import exposition as view_consumer
from vitrine.metrics.view_learner import exposition as view_learner
from vitrine.metrics.watcher import exposition as watcher

EXPOSITIONS = (api, view_consumer, view_learner, watcher)
_HEAD = """\
# Metrics

Made by `python -m vitrine.metrics`. Each process shows its own in Prometheus' text format; where, and what to do about
them, is in [operations.md](operations.md#metrics). Names end with their unit. The view consumer, the view learner and
the watcher also show their processor time and memory (`process_…`). A restart begins the counts anew; what a worker of
the API has counted stays when it ends. The canary counts as a view, and as a few requests a second.
"""


def page() -> str:
    """The tables of all processes, in Markdown."""
    return "\n".join([_HEAD, *map(_section, EXPOSITIONS)])


def _section(exposition: Exposition) -> str:
    heading = f"## {exposition.process[0].upper()}{exposition.process[1:]}"
    return "\n".join(
        [
            *(heading, "", "| metric | kind | labels | meaning |", "| --- | --- | --- | --- |"),
            *(f"| `{each.name}` | {each.kind} | {_labels(each)} | {each.meaning} |" for each in exposition.declared),
            "",
        ]
    )


def _labels(metric: Declaration) -> str:
    return "; ".join(f"{name}: {', '.join(values)}" if values else name for name, values in metric.labels.items())


if __name__ == "__main__":
    print(page(), end="")
