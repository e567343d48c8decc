"""Reads: experiments, their results, and the one in which an answer takes part."""

from collections.abc import Sequence
from typing import NamedTuple

from api import servers
from api.experiments.models import Experiment as Row
from api.experiments.models import Result
from vitrine.errors import StorageUnavailableError
from vitrine.experiments import Arm, Experiment, arm_of, first_of, running


class Part(NamedTuple):
    """The experiment in which an answer takes part, and in which arm; `is_known`: whether that is kept already."""

    experiment: Experiment
    arm: Arm
    is_known: bool


def experiments() -> Sequence[Row]:
    """All, the newest first."""
    return list(Row.objects.prefetch_related("arms"))


def experiment(experimentid: int) -> Row | None:
    return Row.objects.prefetch_related("arms").filter(pk=experimentid).first()


def results(found: Row) -> Sequence[Result]:
    """The latest, arm by arm as they are in the experiment; empty before the first."""
    latest = found.results.order_by("-as_of").values("as_of")[:1]
    return list(found.results.filter(as_of__in=latest).order_by("id"))


def part_of(*, userid: str | None, list: str, placement: str | None) -> Part | None:
    """In which arm of the experiment that runs here a person is; nobody takes part without an id.

    While Cassandra does not answer, the hash alone decides.
    """
    held = servers.experiments().running()
    here = running(held, list=list, placement=placement) if held and userid is not None else None
    if here is None or userid is None:
        return None
    try:
        exposures, is_known = servers.cassandra.call(servers.people().exposures.of, userid, here.name)
    except StorageUnavailableError:
        # It would be another arm than the kept one where somebody was merged.
        return Part(here, arm_of(here, userid), is_known=True)
    return Part(here, first_of(here, userid, exposures), is_known)
