"""What the OpenAPI document says of experiments and of their results."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from api.experiments.models import Arm, Experiment
from api.experiments.validators import (
    ARMS_MAXIMUM,
    ARMS_MINIMUM,
    BECAUSE_CHARACTERS,
    PLANNED_MAXIMUM,
    PLANNED_MINIMUM,
    WEIGHT_MAXIMUM,
)
from api.schema import BODY_PROBLEMS, ID, MOMENT, POSTGRES_AWAY, answer, object_of, or_null, problem_response, taking
from vitrine.experiments import Metric, Verdict


def no_experiment(experimentid: int) -> str:
    return f"There is no experiment {experimentid}."


_COUNT = {"type": "integer", "minimum": 0}
_ARM_FIELDS: dict[str, Any] = {
    "name": ID,
    "weight": {"type": "integer", "minimum": 1, "maximum": WEIGHT_MAXIMUM, "default": 1},
    "sources": {
        "type": "array",
        "items": {"type": "string"},
        "uniqueItems": True,
        "description": "The sources to draw on, in this order, of those of the list; empty: as usual.",
    },
    "rules": or_null(
        {"type": "array", "items": {"type": "integer"}}, "The rules that may apply, by id; empty: none; null: all."
    ),
    "model": {"type": "string", "enum": [str(each) for each in Arm.Model.values], "default": "trained"},
    "shows_nothing": {
        "type": "boolean",
        "default": False,
        "description": "Answers have no products: what is sold without recommendations.",
    },
}
_FIELDS: dict[str, Any] = {
    "name": ID,
    "list": {
        "type": ["string", "null"],
        "enum": [*Experiment.List.values, None],
        "description": "The list on which it runs; null: on all three.",
    },
    "placement": or_null(ID, "The placement at which it runs; null: at any, and without one."),
    "primary_metric": {
        "type": "string",
        "enum": [str(each) for each in Metric],
        "default": "conversion",
        "description": "The one that decides.",
    },
    "planned_people": {
        "type": "integer",
        "minimum": PLANNED_MINIMUM,
        "maximum": PLANNED_MAXIMUM,
        "description": "In all arms: where they have been counted and nothing is decided, no difference was found.",
    },
    "stops_by_itself": {"type": "boolean", "default": False},
}
_EXPERIMENT = object_of(
    ["id", *_FIELDS, "state", "started_at", "stopped_at", "stopped_because", "created_at", "changed_at", "arms"],
    id={"type": "integer"},
    **_FIELDS,
    state={"type": "string", "enum": [str(each) for each in Experiment.State.values]},
    started_at=or_null(MOMENT, "Null for a draft."),
    stopped_at=or_null(MOMENT, "Null before it stops."),
    stopped_because={"type": "string"},
    created_at=MOMENT,
    changed_at=MOMENT,
    arms={"type": "array", "items": object_of(list(_ARM_FIELDS), **_ARM_FIELDS)},
)
_ARMS = {
    "type": "array",
    "items": {**object_of(["name"], **_ARM_FIELDS), "additionalProperties": False},
    "minItems": ARMS_MINIMUM,
    "maxItems": ARMS_MAXIMUM,
    "description": "The first is the control, beside which the others are measured.",
}
_BODY = {**object_of(["name", "planned_people", "arms"], **_FIELDS, arms=_ARMS), "additionalProperties": False}
_CHANGES = {**object_of([], **_FIELDS, arms=_ARMS), "additionalProperties": False}
_NOTHING = {**object_of([]), "additionalProperties": False}
_STOP = {
    **object_of(
        [], because={"type": "string", "maxLength": BECAUSE_CHARACTERS, "pattern": r"^[^\u0000-\u001f\u007f]*$"}
    ),
    "additionalProperties": False,
}
_NEW: dict[str, Any] = {
    "name": "home-without-model",
    "list": "for-you",
    "placement": "home",
    "planned_people": 40_000,
    "arms": [{"name": "usual"}, {"name": "best-sellers", "model": "none"}],
}
_ARM_EXAMPLE: dict[str, Any] = {"weight": 1, "sources": [], "rules": None, "model": "trained", "shows_nothing": False}
_EXAMPLE: dict[str, Any] = {
    "id": 3,
    **_NEW,
    "primary_metric": "conversion",
    "stops_by_itself": False,
    "state": "draft",
    "started_at": None,
    "stopped_at": None,
    "stopped_because": "",
    "created_at": "2026-11-27T08:30:00Z",
    "changed_at": "2026-11-27T08:30:00Z",
    "arms": [{**_ARM_EXAMPLE, **arm} for arm in _NEW["arms"]],
}
_VERDICT = {"type": "string", "enum": [str(each) for each in Verdict]}
_NUMBER_OR_NULL = {"type": ["number", "null"]}
_ROW = object_of(
    [
        *("arm", "metric", "is_primary", "people", "counted", "left_out", "mean"),
        *("difference", "low", "high", "verdict"),
    ],
    arm=ID,
    metric={"type": "string", "enum": [str(each) for each in Metric]},
    is_primary={"type": "boolean"},
    people={**_COUNT, "description": "Who has taken part."},
    counted={**_COUNT, "description": "Whose days are over."},
    left_out={**_COUNT, "description": "Who was in two arms, as two of their ids were joined later."},
    mean={"type": "number", "description": "Of a person: a share, or money."},
    difference={**_NUMBER_OR_NULL, "description": "Of the mean, from the control's; null for the control itself."},
    low={**_NUMBER_OR_NULL, "description": "The least that the true difference may be."},
    high={**_NUMBER_OR_NULL, "description": "The most."},
    verdict=_VERDICT,
)
_RESULTS = object_of(
    ["as_of", "computed_at", "outcome", "skew", "power", "rows"],
    as_of={"type": ["string", "null"], "format": "date"},
    computed_at=or_null(MOMENT, "Null before the first results."),
    outcome={"oneOf": [_VERDICT, {"type": "null"}], "description": "Of the experiment as a whole."},
    skew={**_NUMBER_OR_NULL, "description": "A Bayes factor; 100 or more raises the alarm of a skewed split."},
    power={"type": ["string", "null"], "description": "Which difference the planned people can find."},
    rows={"type": "array", "items": _ROW},
)
_ROW_EXAMPLE = {
    "arm": "best-sellers",
    "metric": "conversion",
    "is_primary": True,
    "people": 12_000,
    "counted": 9_400,
    "left_out": 12,
    "mean": 0.031,
    "difference": -0.002,
    "low": -0.011,
    "high": 0.007,
    "verdict": "undecided",
}
_RESULTS_EXAMPLE = {
    "as_of": "2026-11-27",
    "computed_at": "2026-11-27T05:12:00Z",
    "outcome": "undecided",
    "skew": 0.04,
    "power": "40,000 people find a true change of conversion by 22.0% or more with a probability of at least 80%.",
    "rows": [_ROW_EXAMPLE],
}
_OF_A_BODY = {
    **problem_response(400, "All that is wrong, each with its field.", "arms: Two arms have one name."),
    **BODY_PROBLEMS,
}
_NO_EXPERIMENT = problem_response(404, "There is none.", no_experiment(3))
_NO_DRAFT = problem_response(
    409, "It is no draft.", "home-without-model is running: only a draft can be changed, started or deleted."
)
_NOT_RUNNING = problem_response(409, "It does not run.", "home-without-model does not run: it is stopped.")
_ID = OpenApiParameter(
    "experimentid",
    {"type": "integer", "minimum": 0},
    OpenApiParameter.PATH,
    required=True,
    description="The experiment's id.",
)


list_experiments = extend_schema(
    operation_id="list_experiments",
    summary="The experiments",
    description="The newest first.",
    tags=["experiments"],
    responses={
        200: answer(
            object_of(["experiments"], experiments={"type": "array", "items": _EXPERIMENT}),
            "The experiments.",
            {"experiments": [_EXAMPLE]},
        ),
        **POSTGRES_AWAY,
    },
)
make_experiment = extend_schema(
    operation_id="make_experiment",
    summary="A new experiment",
    description="A draft, in which nobody takes part until it is started.",
    tags=["experiments"],
    **taking(_BODY, _NEW, name="Body"),
    responses={201: answer(_EXPERIMENT, "The experiment.", _EXAMPLE), **_OF_A_BODY, **POSTGRES_AWAY},
)
get_experiment = extend_schema(
    operation_id="get_experiment",
    summary="An experiment",
    description="With its arms, and whether it is a draft, runs or was stopped.",
    tags=["experiments"],
    parameters=[_ID],
    responses={200: answer(_EXPERIMENT, "The experiment.", _EXAMPLE), **_NO_EXPERIMENT, **POSTGRES_AWAY},
)
change_experiment = extend_schema(
    operation_id="change_experiment",
    summary="Something of a draft",
    description="What the body does not name stays as it is; arms that it names replace all that there were.",
    tags=["experiments"],
    parameters=[_ID],
    **taking(_CHANGES, {"planned_people": 80_000}, name="Body"),
    responses={
        200: answer(_EXPERIMENT, "The experiment as it is now.", _EXAMPLE),
        **_OF_A_BODY,
        **_NO_EXPERIMENT,
        **_NO_DRAFT,
        **POSTGRES_AWAY,
    },
)
delete_experiment = extend_schema(
    operation_id="delete_experiment",
    summary="The end of a draft",
    description="What was started stays: people are remembered by its name.",
    tags=["experiments"],
    parameters=[_ID],
    responses={204: OpenApiResponse(description="It is deleted."), **_NO_EXPERIMENT, **_NO_DRAFT, **POSTGRES_AWAY},
)
start_experiment = extend_schema(
    operation_id="start_experiment",
    summary="People take part from now on",
    description=(
        "Within a second, in every answer that it fits and that no earlier one takes: an answer takes part in one at"
        " most. Who is in which arm is a matter of their id alone, or of where they took part first; the arms cannot be"
        " changed any more."
    ),
    tags=["experiments"],
    parameters=[_ID],
    **taking(_NOTHING, {}, name="Body"),
    responses={
        200: answer(_EXPERIMENT, "It runs.", {**_EXAMPLE, "state": "running", "started_at": "2026-11-27T09:00:00Z"}),
        **_OF_A_BODY,
        **_NO_EXPERIMENT,
        **_NO_DRAFT,
        **POSTGRES_AWAY,
    },
)
stop_experiment = extend_schema(
    operation_id="stop_experiment",
    summary="Nobody takes part any more",
    description="Within a second, for good. Its results go on growing for the days in which an outcome counts.",
    tags=["experiments"],
    parameters=[_ID],
    **taking(_STOP, {"because": "The shop has a new home page."}, name="Body"),
    responses={
        200: answer(
            _EXPERIMENT,
            "It is stopped.",
            {**_EXAMPLE, "state": "stopped", "stopped_because": "The shop has a new home page."},
        ),
        **_OF_A_BODY,
        **_NO_EXPERIMENT,
        **_NOT_RUNNING,
        **POSTGRES_AWAY,
    },
)
experiment_results = extend_schema(
    operation_id="experiment_results",
    summary="What is known of an experiment",
    description=(
        "As of the last publish of the marts. Intervals hold however often somebody looks: all of them, at all times,"
        " with a probability of 95 % or more for each metric."
    ),
    tags=["experiments"],
    parameters=[_ID],
    responses={200: answer(_RESULTS, "The latest results.", _RESULTS_EXAMPLE), **_NO_EXPERIMENT, **POSTGRES_AWAY},
)
