"""Keys, for whoever has one with keys:admin; and the end of a person's user tokens.

The actions raise ValidationError, which is a 400 (api.problems).
"""

from datetime import timedelta
from http import HTTPStatus
from typing import ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied
from rest_framework.request import Request

from api.access import actions, documentation
from api.access.authentication import access_of
from api.access.models import Key
from api.access.resources import NewKeyRequest, RotationRequest, shown
from api.access.scopes import Scope
from api.views.base import ApiView, json_response, no_content
from api.views.bodies import json_body

# Each writes to Postgres.
_WEIGHT = 20
_OVERLAP_MAXIMUM = timedelta(days=90)


class KeysView(ApiView):
    scopes: ClassVar = {"GET": Scope.KEYS_ADMIN, "POST": Scope.KEYS_ADMIN}
    weight = _WEIGHT

    @documentation.list_keys
    def get(self, _request: Request) -> HttpResponse:
        return json_response({"keys": [shown(key) for key in actions.valid_keys()[:1000]]})

    @documentation.make_key
    def post(self, request: Request) -> HttpResponse:
        wanted = json_body(request, NewKeyRequest)
        _require_own_scopes(request, wanted.scopes)
        key = Key(
            name=wanted.name,
            kind=wanted.kind,
            scopes=wanted.scopes,
            origins=wanted.origins,
            expires_at=wanted.expires_at,
            requests_per_minute=wanted.requests_per_minute,
        )
        text = actions.make_key(key)
        return json_response(shown(key, text), status=HTTPStatus.CREATED)


class KeyView(ApiView):
    scopes: ClassVar = {"DELETE": Scope.KEYS_ADMIN}
    weight = _WEIGHT

    @documentation.revoke_key
    def delete(self, _request: Request, keyid: int) -> HttpResponse:
        _key(keyid)
        actions.revoke_keys(Key.objects.filter(pk=keyid))
        return no_content()


class RotationView(ApiView):
    scopes: ClassVar = {"POST": Scope.KEYS_ADMIN}
    weight = _WEIGHT

    @documentation.rotate_key
    def post(self, request: Request, keyid: int) -> HttpResponse:
        wanted, old = json_body(request, RotationRequest), _key(keyid)
        # Else whoever may make keys could get one that may do more than they.
        _require_own_scopes(request, old.scopes)
        if not 0 <= wanted.overlap_seconds <= _OVERLAP_MAXIMUM.total_seconds():
            raise ParseError(f"overlap_seconds must be 0 to {_OVERLAP_MAXIMUM.total_seconds():.0f}.")
        key, text = actions.rotate_key(old, overlap=timedelta(seconds=wanted.overlap_seconds))
        return json_response(shown(key, text), status=HTTPStatus.CREATED)


class PersonTokensView(ApiView):
    scopes: ClassVar = {"DELETE": Scope.KEYS_ADMIN}
    weight = _WEIGHT

    @documentation.revoke_tokens
    def delete(self, _request: Request, person: str) -> HttpResponse:
        actions.revoke_tokens(person)
        return no_content()


def _key(keyid: int) -> Key:
    key = Key.objects.filter(pk=keyid).first() if keyid < 2**63 else None
    if key is None:
        raise NotFound(documentation.no_key(keyid))
    return key


def _require_own_scopes(request: Request, scopes: list[str]) -> None:
    """Raises PermissionDenied (403) where a key would give what it has not got."""
    access = access_of(request)
    if access.key is not None and (beyond := sorted(set(scopes) & set(Scope) - access.key.scopes)):
        raise PermissionDenied(f"Your key cannot give what it has not got: {', '.join(beyond)}.")
