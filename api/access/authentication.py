"""Who sends a request, and whether they may.

A view says in `scopes` which scope each of its methods asks for. What it does not name is refused.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api import servers
from api.access import addresses, keys, user_tokens
from api.access.keyring import HeldKey
from api.access.models import Key

if TYPE_CHECKING:
    # It names these classes itself, while it is imported.
    from rest_framework.views import APIView

USER_TOKEN_HEADER = "user-token"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True)
class Access:
    """What came with a request: a key or none, the person of a user token or none, and from where it came."""

    key: HeldKey | None
    person: str | None
    address: str
    # Without a key, from where the development settings ask for none.
    is_open: bool

    @property
    def is_browser(self) -> bool:
        """Whether only a person's own proof gives access to what is that person's."""
        return self.key is not None and self.key.kind == Key.Kind.BROWSER


def access_of(request: Request) -> Access:
    """What came with a request of a view that is not public."""
    return cast(Access, request.auth)


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer vt_…`, and `user-token: …` beside it."""

    def authenticate(self, request: Request) -> tuple[None, Access]:
        now = time.time()
        text = self.key_text(request)
        key = None if text is None else _held(request, text, now)
        token = request.META.get("HTTP_USER_TOKEN")
        person = _person(token, now) if token is not None else None
        address = addresses.address_of(request._request, settings.ACCESS_TRUSTED_PROXIES)
        return None, Access(key, person, address, key is None and is_open(request._request, address))

    def key_text(self, request: Request) -> str | None:
        """The key as it was sent, None without one. Raises AuthenticationFailed (401) for what cannot be a key."""
        header: str | None = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() != "bearer" or not keys.is_key(credentials.strip()):
            raise AuthenticationFailed("The header Authorization must be: Bearer vt_pub_… or vt_sec_…")
        return credentials.strip()

    def authenticate_header(self, _request: Request) -> str:
        """With it, whoever has no valid key is answered 401, and not 403."""
        return 'Bearer realm="vitrine"'


class HasScope(BasePermission):
    """Raises 401 without a key where one is needed, and 403 where it is not enough."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        method = "GET" if request.method == "HEAD" else str(request.method)
        # OPTIONS asks what there is, never for what is in it; a method that is not there is answered later, to anybody.
        if method == "OPTIONS" or not hasattr(view, method.lower()):
            return True
        scope = getattr(view, "scopes", {}).get(method)
        access = access_of(request)
        if scope is not None and access.is_open:
            return True
        if access.key is None:
            raise NotAuthenticated("A key is missing: send it as Authorization: Bearer vt_…")
        if scope not in access.key.scopes:
            raise PermissionDenied(f"The key has no scope {scope}." if scope else "No key opens this.")
        return True


def _held(request: Request, text: str, now: float) -> HeldKey:
    """Raises AuthenticationFailed (401), or PermissionDenied for a page that may not use the key."""
    key = servers.keyring().key(keys.digest_of(text))
    # One sentence, whichever it is: who has no key learns nothing of those that there are.
    if key is None or key.ends_at <= now:
        raise AuthenticationFailed("This key is not known, or no longer valid.")
    origin = request.META.get("HTTP_ORIGIN")
    if origin is not None and key.origins and origin not in key.origins:
        raise PermissionDenied("This key is not for pages of this origin.")
    servers.keyring().note_use(key, now)
    return key


def _person(token: str, now: float) -> str:
    return user_tokens.person_of(token, servers.keyring(), audience=settings.USER_TOKEN_AUDIENCE, now=now)


def is_open(request: HttpRequest, address: str) -> bool:
    """Whether no key is asked for.

    Never of what a proxy has passed on, as every request of a proxy on this machine comes from this machine.
    """
    is_passed_on = any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA"))
    return not is_passed_on and addresses.is_within(address, settings.ACCESS_OPEN_TO)
