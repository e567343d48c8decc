"""Whether this process runs, and whether the servers behind it answer."""

import time

from django.http import HttpResponse
from rest_framework.request import Request

from api import problems, schema, selectors
from api.analytics import caching
from api.views.base import ApiView, json_response


class LiveView(ApiView):
    @schema.live
    def get(self, _request: Request) -> HttpResponse:
        return json_response(_LIVE)


class ReadyView(ApiView):
    @schema.ready
    def get(self, _request: Request) -> HttpResponse:
        states = selectors.server_states()
        return json_response(_ready(states)) if states["cassandra"] else _away(states)


class HealthView(ApiView):
    @schema.health
    def get(self, _request: Request) -> HttpResponse:
        states = selectors.server_states()
        cache = caching.state()
        if not states["cassandra"]:
            return _away(states, cache=cache)
        body = {
            "live": _LIVE,
            "ready": _ready(states),
            # None of these makes an answer wrong: without a model there are best sellers, without a cache the data API
            # is slower.
            "model": selectors.model_state(now=time.time()),
            "shown": {"lost": selectors.lost_messages()},
            "cache": cache,
        }
        return json_response(body)


_LIVE = {"status": "live"}


def _ready(states: dict[str, bool]) -> dict[str, str]:
    """Without Kafka, reads work and views are refused with 503: degraded, and still ready."""
    status = "ready" if all(states.values()) else "degraded"
    return {"status": status, **_words(states)}


def _away(states: dict[str, bool], **more: str) -> HttpResponse:
    away = [name.capitalize() for name, answers in states.items() if not answers]
    return problems.unavailable(f"Away: {' and '.join(away)}.", **_words(states), **more)


def _words(states: dict[str, bool]) -> dict[str, str]:
    return {name: "up" if answers else "down" for name, answers in states.items()}
