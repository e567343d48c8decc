"""What Prometheus reads of the API."""

import time
from typing import ClassVar

from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework.request import Request

from api import schema, selectors
from api.access.scopes import Scope
from api.views.base import ApiView
from vitrine.metrics import api as metrics


class MetricsView(ApiView):
    scopes: ClassVar = {"GET": Scope.OPERATIONS_READ}

    @schema.metrics
    def get(self, _request: Request) -> HttpResponse:
        model = selectors.model_state(now=time.time())
        metrics.MODEL_AGE.set(-1 if isinstance(model, str) else model["age-seconds"])
        return HttpResponse(metrics.exposition.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
