"""What to show a shopper."""

import time
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from api import schema, selectors
from api.views.base import ApiView, id_header, json_response, limit_parameter, true_or_false_parameter


class RecommendationsView(ApiView):
    @schema.recommendations
    def get(self, request: Request) -> HttpResponse:
        userid, limit = id_header(request, "user-id"), limit_parameter(request)
        explain = true_or_false_parameter(request, "explain")
        recommendations = selectors.recommendations(userid=userid, limit=limit, now=time.time())
        body: dict[str, Any] = {
            "user-id": userid,
            "products": [each.product for each in recommendations],
            "type": "personalized" if any(each.is_personal for each in recommendations) else "non-personalized",
        }
        if explain:
            body["explanations"] = [
                {"product": each.product, "source": each.source, "reason": each.reason} for each in recommendations
            ]
        return json_response(body)
