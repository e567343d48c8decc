"""Whether this process runs, and whether the servers behind it answer."""

import time

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from api import problems, schema, selectors, servers, valkey
from api.access import limiting
from api.views.base import PublicView, json_response


class LiveView(PublicView):
    @schema.live
    def get(self, _request: Request) -> HttpResponse:
        return json_response(_LIVE)


class ReadyView(PublicView):
    @schema.ready
    def get(self, _request: Request) -> HttpResponse:
        states = selectors.server_states()
        return json_response(_ready(states)) if states["cassandra"] else _away(states)


class HealthView(PublicView):
    @schema.health
    def get(self, _request: Request) -> HttpResponse:
        states = selectors.server_states()
        cache = valkey.state()
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
            "access": {
                # Networks that are answered without a key: none in production.
                "open-to": [str(network) for network in settings.ACCESS_OPEN_TO],
                "keys": servers.keyring().state(),
                "limits": limiting.sharing(cache),
            },
            "rules": servers.rulebook().state(),
            "experiments": servers.experiments().state(),
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
