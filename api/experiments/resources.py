"""An experiment as the API tells it, and from the body of a request."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.core.exceptions import ValidationError

from api.experiments.models import Arm, Experiment, Result, check_arms
from api.experiments.validators import ARMS_MAXIMUM
from api.filling import fill

# What a body may say, each with its type; the model says which values are right.
ARM_FIELDS: dict[str, Any] = {
    "name": str,
    "weight": int,
    "sources": list[str],
    "rules": list[int] | None,
    "model": str,
    "shows_nothing": bool,
}
FIELDS: dict[str, Any] = {
    "name": str,
    "list": str | None,
    "placement": str | None,
    "primary_metric": str,
    "planned_people": int,
    "stops_by_itself": bool,
}


def shown(experiment: Experiment) -> dict[str, object]:
    """An experiment with its arms, the control first."""
    moments = ("state", "started_at", "stopped_at", "stopped_because", "created_at", "changed_at")
    arms = [{name: getattr(arm, name) for name in ARM_FIELDS} for arm in experiment.arms.all()]
    columns = {name: getattr(experiment, name) for name in ("id", *FIELDS, *moments)}
    return {**columns, "arms": arms}


def shown_results(results: Sequence[Result]) -> dict[str, object]:
    """What is known of an experiment, and of each metric of each arm."""
    of_arm = ("arm", "metric", "is_primary", "people", "counted", "left_out", "mean", "difference", "low", "high")
    whole = ("as_of", "computed_at", "outcome", "skew", "power")
    first = results[0] if results else None
    rows = [{name: getattr(each, name) for name in (*of_arm, "verdict")} for each in results]
    return {**{name: getattr(first, name, None) for name in whole}, "rows": rows}


def filled(experiment: Experiment, body: Mapping[str, object]) -> tuple[Experiment, list[Arm] | None]:
    """The experiment with what a body says of it, and its arms; None where the body names none, and there are some.

    Raises ValidationError: all that is wrong, each with its field.
    """
    errors = fill(experiment, body, FIELDS, other=("arms",))
    arms = _arms(body["arms"], errors) if "arms" in body else None
    if arms is None and experiment.pk is None and "arms" not in body:
        errors["arms"] = ["This is missing."]
    if not errors:
        # Also of a list that has changed without them.
        check_arms(experiment.list, list(experiment.arms.all()) if arms is None else arms)
    if errors:
        raise ValidationError(errors)
    return experiment, arms


def _arms(value: object, errors: dict[str, list[str]]) -> list[Arm]:
    try:
        bodies = msgspec.convert(value, list[dict[str, Any]])
    except msgspec.ValidationError as error:
        errors["arms"] = [str(error)]
        return []
    arms = []
    for position, body in enumerate(bodies[: ARMS_MAXIMUM + 1]):
        arm = Arm(position=position)
        found = fill(arm, body, ARM_FIELDS, exclude=("experiment",))
        errors.update({f"arms[{position}].{name}": said for name, said in found.items()})
        arms.append(arm)
    return arms
