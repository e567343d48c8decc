"""In which experiment an answer takes part. Apart from the rest, as commands and the admin have no need of servers."""

from typing import NamedTuple

from api import servers
from vitrine.errors import StorageUnavailableError
from vitrine.experiments import Arm, Experiment, arm_of, first_of, running


class Part(NamedTuple):
    """The experiment in which an answer takes part, and in which arm; `is_known`: whether that is kept already."""

    experiment: Experiment
    arm: Arm
    is_known: bool


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


def note_exposure(part: Part, userid: str, *, now: float) -> None:
    """Keeps in which arm somebody takes part, once. Nobody waits for it, or fails with it. `now` is Unix seconds."""
    if not part.is_known:
        servers.people().exposures.note(userid, part.experiment.name, part.arm.name, now=now)
