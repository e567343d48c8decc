"""Reads: experiments, and their results."""

from collections.abc import Sequence

from api.experiments.models import Experiment, Result


def experiments() -> Sequence[Experiment]:
    """All, the newest first."""
    return list(Experiment.objects.prefetch_related("arms"))


def experiment(experimentid: int) -> Experiment | None:
    return Experiment.objects.prefetch_related("arms").filter(pk=experimentid).first()


def results(found: Experiment) -> Sequence[Result]:
    """The latest, arm by arm as they are in the experiment; empty before the first."""
    latest = found.results.order_by("-as_of").values("as_of")[:1]
    return list(found.results.filter(as_of__in=latest).order_by("id"))
