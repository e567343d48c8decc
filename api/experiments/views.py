"""Experiments, for whoever has a key with experiments:write; their results, for analytics:read.

The actions raise ValidationError, which is a 400 that names all faults, and ConflictError, which is a 409.
"""

from http import HTTPStatus
from typing import Annotated, Any, ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api.access.scopes import Scope
from api.experiments import actions, documentation, resources, selectors
from api.experiments.models import Experiment
from api.experiments.validators import BECAUSE_CHARACTERS
from api.views.base import ApiView, json_response, no_content
from api.views.bodies import json_body

# Each reads or writes Postgres.
_WEIGHT = 20


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """A body that says nothing."""


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    """Why, in words for people."""

    because: Annotated[str, msgspec.Meta(max_length=BECAUSE_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class ExperimentsView(ApiView):
    scopes: ClassVar = {"GET": Scope.EXPERIMENTS_WRITE, "POST": Scope.EXPERIMENTS_WRITE}
    weight = _WEIGHT

    @documentation.list_experiments
    def get(self, _request: Request) -> HttpResponse:
        return json_response({"experiments": [resources.shown(each) for each in selectors.experiments()]})

    @documentation.make_experiment
    def post(self, request: Request) -> HttpResponse:
        made = actions.make_experiment(json_body(request, dict[str, Any]))
        return json_response(resources.shown(made), status=HTTPStatus.CREATED)


class ExperimentView(ApiView):
    scopes: ClassVar = dict.fromkeys(("GET", "PATCH", "DELETE"), Scope.EXPERIMENTS_WRITE)
    weight = _WEIGHT

    @documentation.get_experiment
    def get(self, _request: Request, experimentid: int) -> HttpResponse:
        return _shown(selectors.experiment(experimentid), experimentid)

    @documentation.change_experiment
    def patch(self, request: Request, experimentid: int) -> HttpResponse:
        return _shown(actions.change_experiment(experimentid, json_body(request, dict[str, Any])), experimentid)

    @documentation.delete_experiment
    def delete(self, _request: Request, experimentid: int) -> HttpResponse:
        if not actions.delete_experiment(experimentid):
            raise NotFound(documentation.no_experiment(experimentid))
        return no_content()


class StartView(ApiView):
    scopes: ClassVar = {"POST": Scope.EXPERIMENTS_WRITE}
    weight = _WEIGHT

    @documentation.start_experiment
    def post(self, request: Request, experimentid: int) -> HttpResponse:
        json_body(request, Nothing)
        return _shown(actions.start_experiment(experimentid), experimentid)


class StopView(ApiView):
    scopes: ClassVar = {"POST": Scope.EXPERIMENTS_WRITE}
    weight = _WEIGHT

    @documentation.stop_experiment
    def post(self, request: Request, experimentid: int) -> HttpResponse:
        wanted = json_body(request, Stop)
        return _shown(actions.stop_experiment(experimentid, because=wanted.because), experimentid)


class ResultsView(ApiView):
    scopes: ClassVar = {"GET": Scope.ANALYTICS_READ}
    weight = _WEIGHT

    @documentation.experiment_results
    def get(self, _request: Request, experimentid: int) -> HttpResponse:
        found = selectors.experiment(experimentid)
        if found is None:
            raise NotFound(documentation.no_experiment(experimentid))
        return json_response(resources.shown_results(selectors.results(found)))


def _shown(experiment: Experiment | None, experimentid: int) -> HttpResponse:
    if experiment is None:
        raise NotFound(documentation.no_experiment(experimentid))
    return json_response(resources.shown(experiment))
