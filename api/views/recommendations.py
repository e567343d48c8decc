"""What to show: to a shopper, beside a product, to everybody."""

import time
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api import actions, schema, selectors
from api.access.scopes import Scope
from api.experiments.taking_part import Part, note_exposure, part_of
from api.lists import ListParameters
from api.views.base import ApiView, json_response
from api.views.parameters import (
    list_parameters,
    optional_person_header,
    period_parameter,
    person_header,
    product_in_path,
)
from vitrine.experiments import Arm
from vitrine.recommending import Candidate


class RecommendationsView(ApiView):
    scopes: ClassVar = {"GET": Scope.RECOMMENDATIONS_READ}

    @schema.recommendations
    def get(self, request: Request) -> HttpResponse:
        userid, asked = person_header(request), list_parameters(request)
        part = part_of(userid=userid, list="for-you", placement=asked.placement)
        found = selectors.recommendations(userid=userid, asked=asked, now=time.time(), arm=_arm(part))
        body: dict[str, Any] = {
            "user-id": userid,
            "products": [each.product for each in found],
            "type": "personalized" if any(each.is_personal for each in found) else "non-personalized",
        }
        return _answer(body, found, asked, part, endpoint="user_history_recommendations", userid=userid)


class SimilarProductsView(ApiView):
    scopes: ClassVar = {"GET": Scope.RECOMMENDATIONS_READ}

    @schema.similar_products
    def get(self, request: Request, productid: str) -> HttpResponse:
        product_in_path(productid)
        userid, asked = optional_person_header(request), list_parameters(request)
        part = part_of(userid=userid, list="similar", placement=asked.placement)
        found = selectors.similar_products(
            productid=productid, userid=userid, asked=asked, now=time.time(), arm=_arm(part)
        )
        if found is None:
            raise NotFound(schema.unknown_product(productid))
        body: dict[str, Any] = {"product-id": productid, "products": [each.product for each in found]}
        return _answer(body, found, asked, part, endpoint="similar", userid=userid)


class TrendingProductsView(ApiView):
    scopes: ClassVar = {"GET": Scope.RECOMMENDATIONS_READ}

    @schema.trending_products
    def get(self, request: Request) -> HttpResponse:
        userid, period, asked = optional_person_header(request), period_parameter(request), list_parameters(request)
        part = part_of(userid=userid, list="trending", placement=asked.placement)
        found = selectors.trending_products(period=period, userid=userid, asked=asked, now=time.time(), arm=_arm(part))
        body: dict[str, Any] = {"period": period.name.lower(), "products": [each.product for each in found]}
        return _answer(body, found, asked, part, endpoint="trending", userid=userid)


def _arm(part: Part | None) -> Arm:
    return selectors.USUAL if part is None else part.arm


def _answer(  # noqa: PLR0913 - the last two by name
    body: dict[str, Any],
    found: Sequence[Candidate],
    asked: ListParameters,
    part: Part | None,
    *,
    endpoint: str,
    userid: str | None,
) -> HttpResponse:
    """Gives the answer an id, under which it is noted what was shown, and says in which experiment it takes part."""
    body["recommendation-id"] = str(uuid.uuid4())
    now = time.time()
    if part is not None and userid is not None:
        body["experiment"] = {"name": part.experiment.name, "arm": part.arm.name}
        note_exposure(part, userid, now=now)
    if asked.details:
        body["details"] = selectors.details([each.product for each in found])
    if asked.explain:
        body["explanations"] = [
            {"product": each.product, "source": each.source, "reason": each.reason} for each in found
        ]
    actions.note_shown(
        recommendationid=body["recommendation-id"],
        userid=userid,
        endpoint=endpoint,
        placement=asked.placement,
        part=part,
        recommendations=found,
        now=now,
    )
    return json_response(body)
