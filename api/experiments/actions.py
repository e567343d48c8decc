"""What can be done with experiments. The admin and the API call these."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from api.experiments import resources
from api.experiments.models import Arm, Experiment, check_arms
from api.experiments.validators import RUNNING_MAXIMUM
from api.problems import ConflictError

State = Experiment.State


def make_experiment(body: Mapping[str, object]) -> Experiment:
    """Saves a new draft. Raises ValidationError: what is wrong with what."""
    experiment, arms = resources.filled(Experiment(), body)
    with _of_one_name(), transaction.atomic():
        experiment.save(force_insert=True)
        _save_arms(experiment, arms or ())
    return experiment


def change_experiment(experimentid: int, body: Mapping[str, object]) -> Experiment | None:
    """Gives a draft what a body says; arms that it names replace all that there were. None where there is none.

    Raises ValidationError; ConflictError for one that has been started.
    """
    with _of_one_name(), transaction.atomic():
        held = _locked(experimentid)
        if held is not None:
            require_draft(held)
            _, arms = resources.filled(held, body)
            held.save(force_update=True)
            if arms is not None:
                held.arms.all().delete()
                _save_arms(held, arms)
    return held


def delete_experiment(experimentid: int) -> bool:
    """Whether there was one. Raises ConflictError for one that has been started: its people are remembered."""
    with transaction.atomic():
        held = _locked(experimentid)
        if held is None:
            return False
        require_draft(held)
        held.delete()
    return True


def start_experiment(experimentid: int) -> Experiment | None:
    """From now on answers take part in it. None where there is none. Raises ConflictError unless it is a draft."""
    with transaction.atomic():
        held = _locked(experimentid)
        if held is None:
            return None
        require_draft(held)
        if Experiment.objects.filter(state=State.RUNNING).count() >= RUNNING_MAXIMUM:
            raise ConflictError(f"{RUNNING_MAXIMUM} experiments run: stop one first.")
        # As it will be: what it names may have gone since it was saved.
        _check_again(held)
        held.state, held.started_at = State.RUNNING, timezone.now()
        held.save(force_update=True)
    return held


def stop_experiment(experimentid: int, *, because: str = "") -> Experiment | None:
    """No answer takes part in it any more; `because` says why, in words for people.

    None where there is none. Raises ConflictError unless it runs.
    """
    with transaction.atomic():
        held = _locked(experimentid)
        if held is None:
            return None
        if held.state != State.RUNNING:
            raise ConflictError(f"{held} does not run: it is {_article(held)}.")
        held.state, held.stopped_at, held.stopped_because = State.STOPPED, timezone.now(), because
        held.save(force_update=True)
    return held


def require_draft(experiment: Experiment) -> None:
    """Raises ConflictError for one whose people may have been shown something."""
    if not experiment.is_draft:
        raise ConflictError(f"{experiment} is {_article(experiment)}: only a draft can be changed, started or deleted.")


@contextmanager
def _of_one_name() -> Iterator[None]:
    """Of two that are given one name at the same moment, each was found to be alone."""
    try:
        yield
    except IntegrityError as error:
        raise ValidationError({"name": "Experiment with this Name already exists."}) from error


def _article(experiment: Experiment) -> str:
    return {State.DRAFT: "a draft", State.RUNNING: "running", State.STOPPED: "stopped"}[State(experiment.state)]


def _check_again(experiment: Experiment) -> None:
    arms = list(experiment.arms.all())
    check_arms(experiment.list, arms)
    for arm in arms:
        try:
            arm.clean()
        except ValidationError as error:
            raise ConflictError(f"{arm}: {' '.join(error.messages)}") from error


def _locked(experimentid: int) -> Experiment | None:
    return Experiment.objects.select_for_update().filter(pk=experimentid).first()


def _save_arms(experiment: Experiment, arms: Sequence[Arm]) -> None:
    for arm in arms:
        arm.experiment = experiment
        arm.save(force_insert=True)
