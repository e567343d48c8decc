"""A write key, where Segment's libraries put it."""

import binascii
from base64 import b64decode

from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from api.access import keys
from api.access.authentication import KeyAuthentication
from api.doors.bodies import envelope_of


class WriteKeyAuthentication(KeyAuthentication):
    """A key as a write key: the name of Basic authentication, `writeKey` in the body, or as everywhere else."""

    def key_text(self, request: Request) -> str | None:
        header: str | None = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            text = _in_body(request)
        elif header[:6].lower() == "basic ":
            text = _basic_name(header[6:])
        else:
            return super().key_text(request)
        if text is not None and not keys.is_key(text):
            raise AuthenticationFailed("A write key must be a key: vt_pub_… or vt_sec_…")
        return text


def _basic_name(credentials: str) -> str:
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _in_body(request: Request) -> str | None:
    """None where the body cannot be read: that is said to whoever may send one."""
    try:
        return envelope_of(request).writeKey
    except APIException:
        return None
