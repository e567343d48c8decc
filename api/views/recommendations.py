"""What to show a shopper."""

import time

from django.http import HttpResponse
from rest_framework.request import Request

from api import schema, selectors
from api.views.base import ApiView, id_header, json_response, limit_parameter, true_or_false_parameter
from vitrine.recommending import is_personalized


class RecommendationsView(ApiView):
    @schema.recommendations
    def get(self, request: Request) -> HttpResponse:
        userid, limit = id_header(request, "user-id"), limit_parameter(request)
        explain = true_or_false_parameter(request, "explain")
        recommendations = selectors.recommendations(userid=userid, limit=limit, now=time.time())
        body = {
            "user-id": userid,
            "products": [each.product for each in recommendations],
            "type": "personalized" if is_personalized(recommendations) else "non-personalized",
        }
        return json_response(body | {"explanations": [each._asdict() for each in recommendations]} if explain else body)
