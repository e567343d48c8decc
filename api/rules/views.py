"""Rules, for whoever has a key with rules:write; and what they do to a list.

The actions raise ValidationError, which is a 400 that names all faults (api.problems).
"""

import time
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api import schema
from api.access.scopes import Scope
from api.rules import actions, documentation, resources, selectors
from api.rules.models import Rule
from api.rules.parameters import wanted_list
from api.views.base import ApiView, json_response, no_content
from api.views.bodies import json_body
from vitrine.recommending import Candidate
from vitrine.recommending import Rule as Draft

# Each reads or writes Postgres, or makes two answers.
_WEIGHT = 20


class RulesView(ApiView):
    scopes: ClassVar = {"GET": Scope.RULES_WRITE, "POST": Scope.RULES_WRITE}
    weight = _WEIGHT

    @documentation.list_rules
    def get(self, _request: Request) -> HttpResponse:
        return json_response({"rules": [resources.shown(each) for each in selectors.rules()]})

    @documentation.make_rule
    def post(self, request: Request) -> HttpResponse:
        made = actions.make_rule(json_body(request, dict[str, Any]))
        return json_response(resources.shown(made), status=HTTPStatus.CREATED)


class RuleView(ApiView):
    scopes: ClassVar = dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), Scope.RULES_WRITE)
    weight = _WEIGHT

    @documentation.get_rule
    def get(self, _request: Request, ruleid: int) -> HttpResponse:
        return _shown(selectors.rule(ruleid), ruleid)

    @documentation.replace_rule
    def put(self, request: Request, ruleid: int) -> HttpResponse:
        return _shown(actions.change_rule(ruleid, json_body(request, dict[str, Any]), replace=True), ruleid)

    @documentation.change_rule
    def patch(self, request: Request, ruleid: int) -> HttpResponse:
        return _shown(actions.change_rule(ruleid, json_body(request, dict[str, Any]), replace=False), ruleid)

    @documentation.delete_rule
    def delete(self, _request: Request, ruleid: int) -> HttpResponse:
        if not actions.delete_rule(ruleid):
            raise NotFound(documentation.no_rule(ruleid))
        return no_content()


class PreviewView(ApiView):
    scopes: ClassVar = {"GET": Scope.RULES_WRITE, "POST": Scope.RULES_WRITE}
    weight = _WEIGHT

    @documentation.preview
    def get(self, request: Request) -> HttpResponse:
        return _preview(request, None)

    @documentation.preview_draft
    def post(self, request: Request) -> HttpResponse:
        return _preview(request, resources.fill(Rule(), json_body(request, dict[str, Any])).held())


def _preview(request: Request, draft: Draft | None) -> HttpResponse:
    wanted = wanted_list(request)
    found = selectors.preview(wanted, draft=draft, now=time.time())
    if found is None:
        raise NotFound(schema.unknown_product(str(wanted.productid)))
    changes = [
        {"product": each.product, "from": each.before, "to": each.after, "why": each.why} for each in found.changes
    ]
    body = {"without": list(map(_explained, found.without)), "with": list(map(_explained, found.ruled))}
    return json_response({**body, "changes": changes})


def _explained(each: Candidate) -> dict[str, str]:
    return {"product": each.product, "source": each.source, "reason": each.reason}


def _shown(rule: Rule | None, ruleid: int) -> HttpResponse:
    if rule is None:
        raise NotFound(documentation.no_rule(ruleid))
    return json_response(resources.shown(rule))
