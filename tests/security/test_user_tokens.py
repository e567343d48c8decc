"""What passes for a user token, and what does not."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.scopes import BROWSER_SCOPES
from tests.integration.api.assertions import assert_problem
from tests.integration.api.serving import Api
from tests.security.conftest import (
    KID,
    MakeKey,
    Manage,
    Sign,
    await_everywhere,
    bearer,
    public_pem,
    sign_token,
    whichever,
)

HISTORY = "user_nav_history_latest_products/"


@pytest.fixture(scope="session")
def browser_key(make_key: MakeKey) -> str:
    return make_key(*BROWSER_SCOPES, kind="pub")


def ask(client: httpx.Client, key: str, token: str, person: str = "user-1") -> httpx.Response:
    return client.get(HISTORY, headers=bearer(key, user_token=token, user_id=person))


def part(content: object) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def test_the_shops_signature_opens_the_persons_history(stranger: httpx.Client, browser_key: str, sign: Sign) -> None:
    for _ in range(2):  # the second time it is remembered
        assert ask(stranger, browser_key, sign("user-1")).status_code == 200


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"exp": int(time.time()) - 1, "iat": int(time.time()) - 600}, "has expired"),
        ({"iat": int(time.time()) - 100, "exp": int(time.time()) + 3600}, "valid for 3600 seconds at most"),
        ({"iat": int(time.time()) + 90_000, "exp": int(time.time()) + 90_400}, "in the future"),
        ({"aud": "another"}, "aud is another one"),
        ({"aud": ["another"]}, "aud is another one"),
        ({"aud": None}, "no claim aud"),
        ({"sub": None}, "no claim sub"),
        ({"iat": None}, "no claim iat"),
        ({"exp": None}, "no claim exp"),
        ({"exp": "tomorrow"}, "seconds since 1970"),
        ({"exp": float("nan")}, "seconds since 1970"),
        ({"exp": float("inf")}, "seconds since 1970"),
        ({"exp": True}, "seconds since 1970"),
        ({"iat": -1}, "seconds since 1970"),
        ({"sub": "a b"}, "sub must be"),
        ({"sub": ""}, "sub must be"),
        ({"kid": "another"}, "kid names no key"),
        ({"kid": None}, "kid names no key"),
        ({"nbf": int(time.time()) + 90_000}, "not valid"),
    ],
)
def test_a_signed_token_that_does_not_count(
    stranger: httpx.Client, browser_key: str, sign: Sign, claims: dict[str, Any], sentence: str
) -> None:
    token = sign(**{"person": "user-1", **claims})
    assert_problem(ask(stranger, browser_key, token), 401, sentence)


def test_a_token_that_says_that_it_is_not_signed(stranger: httpx.Client, browser_key: str, sign: Sign) -> None:
    now = int(time.time())
    claims = {"sub": "user-1", "aud": "vitrine", "iat": now, "exp": now + 600}
    for algorithm in ("none", "None", "NONE", "", None, 7, "HS256", "RS256", "ES384"):
        token = f"{part({'alg': algorithm, 'kid': KID, 'typ': 'JWT'})}.{part(claims)}."
        assert_problem(ask(stranger, browser_key, token), 401)
        assert_problem(ask(stranger, browser_key, f"{token}{sign('user-1').split('.')[2]}"), 401)


def test_a_token_signed_with_the_public_key_as_a_password(
    stranger: httpx.Client, browser_key: str, shop_key: EllipticCurvePrivateKey
) -> None:
    now = int(time.time())
    signed = (
        f"{part({'alg': 'HS256', 'kid': KID})}.{part({'sub': 'user-1', 'aud': 'vitrine', 'iat': now, 'exp': now + 9})}"
    )
    mac = hmac.new(public_pem(shop_key).encode(), signed.encode(), hashlib.sha256).digest()
    assert_problem(ask(stranger, browser_key, f"{signed}.{part(mac)}"), 401, "must be signed with ES256")


@pytest.mark.usefixtures("shop_key")
def test_a_token_of_a_key_that_it_brings_along(stranger: httpx.Client, browser_key: str) -> None:
    own = generate_private_key(SECP256R1())
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(own.public_key()))
    now = int(time.time())
    claims = {"sub": "user-1", "aud": "vitrine", "iat": now, "exp": now + 600}
    for header in ({"jwk": jwk}, {"jku": "http://127.0.0.1:1/keys"}, {"x5u": "http://127.0.0.1:1/"}, {}):
        token = jwt.encode(claims, own, algorithm="ES256", headers={"kid": KID, **header})
        assert_problem(ask(stranger, browser_key, token), 401, "signature or form is not valid")


@pytest.mark.parametrize("kid", ["../../etc/passwd", "' OR 1=1 --", "a" * 1500, "\x00", "tests-2026\n"])
def test_a_kid_is_a_name_and_nothing_else(
    stranger: httpx.Client, browser_key: str, shop_key: EllipticCurvePrivateKey, kid: str
) -> None:
    assert_problem(ask(stranger, browser_key, sign_token(shop_key, "user-1", kid=kid)), 401)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "x", "a.b.c", "e30.e30.", "é", "x" * 5000, "null", "e30=.e30=.x"]
)
def test_what_is_no_token(stranger: httpx.Client, browser_key: str, token: str) -> None:
    encoded = {name.encode(): value.encode() for name, value in bearer(browser_key, user_id="user-1").items()}
    answer = stranger.get(HISTORY, headers={**encoded, b"user-token": token.encode()})
    assert_problem(answer, 401)


def test_a_token_that_was_changed(stranger: httpx.Client, browser_key: str, sign: Sign) -> None:
    header, _, signature = sign("user-2").split(".")
    now = int(time.time())
    forged = part({"sub": "user-1", "aud": "vitrine", "iat": now, "exp": now + 600})
    assert_problem(ask(stranger, browser_key, f"{header}.{forged}.{signature}"), 401, "signature")
    assert_problem(ask(stranger, browser_key, f"{header}.{forged}.{part(b'0' * 64)}"), 401, "signature")
    assert_problem(ask(stranger, browser_key, f"{header}.{forged}.{part(bytes(64))}"), 401, "signature")


def test_a_token_does_not_take_the_place_of_a_key(stranger: httpx.Client, sign: Sign) -> None:
    answer = stranger.get(HISTORY, headers={"user-id": "user-1", "user-token": sign("user-1")})
    assert_problem(answer, 401, "A key is missing")


def test_at_me_the_token_alone_says_who_it_is(stranger: httpx.Client, browser_key: str, sign: Sign) -> None:
    person = f"user-{uuid.uuid4()}"
    headers = bearer(browser_key, user_token=sign(person), user_id="user-1", person="user-1")
    assert stranger.get("me/", headers=headers).json() == {"person": person}
    assert stranger.get("me/export/", headers=headers).json()["person"] == person
    assert_problem(stranger.get("me/erasure/", headers=headers), 404, "This person was never erased.")
    assert stranger.delete("me/", headers=headers).status_code == 202
    assert stranger.get("me/erasure/", headers=headers).status_code == 200
    assert_problem(stranger.get("me/", headers=bearer(browser_key)), 401, "This needs a user token")


def test_revoked_for_a_person_from_a_moment_on(
    closed_api: Api, administrator: httpx.Client, browser_key: str, sign: Sign
) -> None:
    person = f"user-{uuid.uuid4()}"
    before, of_another = sign(person, iat=time.time() - 1), sign("user-1")
    address = f"{closed_api.url}{HISTORY}"

    def status(token: str, who: str = person) -> int:
        headers = bearer(browser_key, user_token=token, user_id=who)
        return whichever.get(address, headers=headers).status_code

    assert status(before) == 200
    assert administrator.delete(f"people/{person}/tokens/").status_code == 204
    await_everywhere(lambda: status(before) == 401)
    assert status(of_another, "user-1") == 200
    # As a clock of whole seconds says it, a second later.
    assert status(sign(person, iat=int(time.time()) + 1)) == 200


def test_a_key_pair_is_removed(closed_api: Api, manage: Manage, browser_key: str) -> None:
    private, kid = generate_private_key(SECP256R1()), f"pair-{uuid.uuid4()}"
    token = sign_token(private, "user-1", kid=kid)

    def status() -> int:
        headers = bearer(browser_key, user_token=token, user_id="user-1")
        return whichever.get(f"{closed_api.url}{HISTORY}", headers=headers).status_code

    assert manage("user_tokens", "add", kid, "-", given=public_pem(private)).returncode == 0
    await_everywhere(lambda: status() == 200)
    assert kid in manage("user_tokens", "list").stdout
    assert manage("user_tokens", "remove", kid).returncode == 0
    await_everywhere(lambda: status() == 401)


def test_only_public_keys_of_the_right_curve_are_taken(manage: Manage) -> None:
    other = generate_private_key(SECP384R1()).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for given, sentence in ((pem, "P-256"), ("nonsense", "not a public key"), ("", "public_key")):
        done = manage("user_tokens", "add", f"bad-{uuid.uuid4()}", "-", given=given)
        assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr
    done = manage("user_tokens", "remove", "nobody")
    assert (done.returncode, done.stderr.strip()[:13]) == (1, "CommandError:"), done.stderr
