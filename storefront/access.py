"""The shop's key for its pages, and the key pair with which it signs user tokens.

A shop is given the one and makes the other (README). Here both follow from Django's secret key: there is nothing to set
up, nothing to keep, and all processes have the same.
"""

import logging
import time
from base64 import urlsafe_b64encode
from functools import cache
from typing import NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils.crypto import salted_hmac

from api.access.keys import digest_of
from api.access.models import Key, Signer
from api.access.scopes import BROWSER_SCOPES

_NAME = "storefront"
_TOKEN_SECONDS = 3600
# Of P-256 (SEC 2, 2.4.2): a private key is a number from 1 to this less one.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

logger = logging.getLogger(__name__)


class Access(NamedTuple):
    """`key` stands in the pages; the rest signs."""

    key: str
    signer: ec.EllipticCurvePrivateKey
    kid: str


@cache
def access() -> Access:
    key = "vt_pub_" + urlsafe_b64encode(_derived("browser key")).decode().rstrip("=")
    number = int.from_bytes(_derived("user tokens")) % (_ORDER - 1) + 1
    signer = ec.derive_private_key(number, ec.SECP256R1())
    # Several servers on one database may have several secret keys.
    return Access(key, signer, f"{_NAME}-{_derived('name').hex()[:8]}")


def user_token(user_id: str) -> str:
    """Says to Vitrine who is in front of the page, for an hour."""
    now = int(time.time())
    claims = {"sub": user_id, "aud": settings.USER_TOKEN_AUDIENCE, "iat": now, "exp": now + _TOKEN_SECONDS}
    signed: str = jwt.encode(claims, access().signer, algorithm="ES256", headers={"kid": access().kid})
    return signed


def ensure() -> bool:
    """Tells Vitrine of both, once; whether it is told. Without Postgres it is not, and the next page tries again."""
    try:
        _tell()
    except (DatabaseError, InterfaceError) as error:
        _tell.cache_clear()
        logger.warning("the storefront is not open yet: %s", " ".join(str(error).split()))
        return False
    return True


@cache
def _tell() -> None:
    key, signer, kid = access()
    pem = signer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    Signer.objects.get_or_create(kid=kid, defaults={"public_key": pem})
    Key.objects.get_or_create(
        digest=digest_of(key),
        defaults={"name": _NAME, "kind": Key.Kind.BROWSER, "ending": key[-4:], "scopes": sorted(BROWSER_SCOPES)},
    )


def _derived(purpose: str) -> bytes:
    return salted_hmac(f"storefront {purpose}", "", algorithm="sha256").digest()
