"""User tokens: the shop's server says, by its signature, who is in front of a page.

A JWT (RFC 7519), signed with ES256, whose header names the key (`kid`) and which says for whom it is (`sub`), for what
(`aud`), and from when until when (`iat`, `exp`: an hour at most).
"""

from functools import lru_cache
from typing import Any

import jwt
from rest_framework.exceptions import AuthenticationFailed

from api.access.keyring import HeldSigner, Keyring
from vitrine import events

ALGORITHM = "ES256"
LIFETIME_MAXIMUM_SECONDS = 3600
# By how much the clock of the shop's server may be ahead of ours.
CLOCK_SECONDS = 60
# With the cache below, what bounds its memory.
_CHARACTERS_MAXIMUM = 2048
_TOKENS_REMEMBERED = 4096


def person_of(token: str, keyring: Keyring, *, audience: str, now: float) -> str:
    """For whom a token is. Raises AuthenticationFailed (401), saying what is wrong with it."""
    claims = _claims(token, _signer_of(token, keyring), audience)
    person, issued, expires = claims["sub"], claims["iat"], claims["exp"]
    if not isinstance(person, str) or not events.is_id(person):
        raise AuthenticationFailed(f"The user token's sub must be {events.ID_RULE}.")
    if not (_is_moment(issued) and _is_moment(expires)):
        raise AuthenticationFailed("The user token's iat and exp must be seconds since 1970.")
    if expires - issued > LIFETIME_MAXIMUM_SECONDS:
        raise AuthenticationFailed(f"A user token may be valid for {LIFETIME_MAXIMUM_SECONDS} seconds at most.")
    if issued > now + CLOCK_SECONDS:
        raise AuthenticationFailed("The user token was issued in the future: compare the clocks of the servers.")
    if expires <= now:
        raise AuthenticationFailed("The user token has expired.")
    if issued <= keyring.tokens_revoked_at(person):
        raise AuthenticationFailed("The user token was revoked.")
    return person


def _signer_of(token: str, keyring: Keyring) -> HeldSigner:
    if len(token) > _CHARACTERS_MAXIMUM:
        raise AuthenticationFailed(f"A user token has {_CHARACTERS_MAXIMUM} characters at most.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise AuthenticationFailed("The user token is not a JWT.") from None
    if header.get("alg") != ALGORITHM:
        raise AuthenticationFailed(f"The user token must be signed with {ALGORITHM}.")
    kid = header.get("kid")
    signer = keyring.signer(kid) if isinstance(kid, str) else None
    if signer is None:
        raise AuthenticationFailed("The user token's kid names no key that is known here.")
    return signer


@lru_cache(_TOKENS_REMEMBERED)
def _claims(token: str, signer: HeldSigner, audience: str) -> dict[str, Any]:
    """What a token says that this signer has signed: checked once, as that never changes; times are checked each time.

    Raises AuthenticationFailed.
    """
    options: Any = {"require": ["sub", "aud", "iat", "exp"], "verify_exp": False, "verify_iat": False}
    try:
        return dict(jwt.decode(token, signer.key(), algorithms=[ALGORITHM], audience=audience, options=options))
    except jwt.MissingRequiredClaimError as error:
        raise AuthenticationFailed(f"The user token has no claim {error.claim}.") from None
    except jwt.InvalidAudienceError:
        raise AuthenticationFailed("The user token's aud is another one than this server's.") from None
    except jwt.InvalidTokenError:
        raise AuthenticationFailed("The user token's signature or form is not valid.") from None


def _is_moment(claim: object) -> bool:
    return isinstance(claim, int | float) and not isinstance(claim, bool) and 0 <= claim < 1e12
