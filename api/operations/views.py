"""GET /admin/operations/"""

import time

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from api import selectors
from api.operations import parts
from api.operations.figures import Figures
from api.operations.parts import Part
from api.operations.recent import Recent
from vitrine.metrics.api import exposition
from vitrine.settings import ApiSettings, load

REFRESH_SECONDS = 5

_products, _outcomes = Recent(), Recent()


def operations(request: HttpRequest) -> HttpResponse:
    """For whoever may sign in to the admin; loads itself again every few seconds."""
    context = {
        **admin.site.each_context(request),
        "title": "Operations",
        "parts": [*_of_the_watcher(now=time.time()), *_of_the_api(now=time.time())],
        "refresh_seconds": REFRESH_SECONDS,
    }
    return TemplateResponse(request, "operations/page.html", context)


def _of_the_watcher(*, now: float) -> list[Part]:
    watcher = Figures.at(load(ApiSettings).watcher_url)
    if watcher is None:
        headings = ("Freshness", "Lag", "Dead letters", "Runs", "Quality")
        return [Part(heading, problem=parts.NO_WATCHER) for heading in headings]
    return [
        parts.freshness(watcher, now=now),
        parts.lag(watcher),
        parts.dead_letters(watcher),
        parts.runs(watcher, now=now),
        parts.quality(watcher, now=now),
    ]


def _of_the_api(*, now: float) -> list[Part]:
    own = Figures.of(exposition.text().decode())
    products = own.by("source", "vitrine_api_recommended_products_total", endpoint="user_history_recommendations")
    return [
        parts.model(selectors.model_state(now=now)),
        parts.answers(*_products.grown(products)),
        parts.requests(*_outcomes.grown(own.by("outcome", "vitrine_api_request_seconds_count"))),
    ]
