"""The API as it is in production, closed to whoever has no key, on the real servers."""

import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator

import django
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.scopes import Scope
from local_stack.processes import MANAGE
from local_stack.stack import LocalStack
from tests.integration.api.serving import Api, await_ready, serving

# The attack list is made from the OpenAPI document, when tests are collected.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.development")
django.setup()

KID = "tests-2026"
# For a busy machine; as a rule a change is heard of in a few milliseconds.
HEARD_SECONDS = 60.0
# A connection that is kept is of one process; this one is made anew for each request.
whichever = httpx.Client(headers={"connection": "close"}, timeout=120)
Manage = Callable[..., "subprocess.CompletedProcess[str]"]
MakeKey = Callable[..., str]
Sign = Callable[..., str]


def some_address() -> str:
    """One that no other test has; of an IPv6 network of its own."""
    return f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"


@pytest.fixture(scope="session")
def manage(prepared_stack: LocalStack) -> Manage:
    """Runs a command of manage.py, as an operator does."""
    environment = {**os.environ, **prepared_stack.environment()}

    def run(*words: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*MANAGE, *words], env=environment, input=given, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def closed_api(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Two processes that ask everybody for a key; limits that no test reaches unless it is about them."""
    folder = tmp_path_factory.mktemp("closed-api")
    environment = prepared_stack.environment() | {
        "VITRINE_DEVELOPMENT_OPEN_TO": "",
        "VITRINE_STOREFRONT": "False",
        "VITRINE_MODEL_FOLDER": str(folder),
        "VITRINE_KEY_LIMIT_PER_MINUTE": "10000000",
        "VITRINE_ADDRESS_LIMIT_PER_MINUTE": "10000000",
        "VITRINE_API_WORKERS": "2",
    }
    with serving(folder, **environment) as running:
        await_ready(running)
        yield running


@pytest.fixture
def stranger(closed_api: Api) -> Iterator[httpx.Client]:
    """Somebody without a key."""
    with httpx.Client(base_url=closed_api.url, timeout=120) as client:
        yield client


@pytest.fixture(scope="session")
def administrator(closed_api: Api, manage: Manage) -> Iterator[httpx.Client]:
    """Whoever has every scope."""
    made = manage("keys", "make", "tests", "--kind", "server", "--scopes", *Scope)
    assert made.returncode == 0, made.stderr
    headers = {"authorization": f"Bearer {made.stdout.strip()}"}
    with httpx.Client(base_url=closed_api.url, headers=headers, timeout=120) as client:
        await_known(closed_api, made.stdout.strip())
        yield client


@pytest.fixture(scope="session")
def make_key(administrator: httpx.Client, closed_api: Api) -> MakeKey:
    """A new key that counts already: scopes, then what else a key has."""

    def make(*scopes: str, kind: str = "sec", **columns: object) -> str:
        body = {"name": f"test-{uuid.uuid4()}", "kind": kind, "scopes": scopes, **columns}
        answer = administrator.post("keys/", json=body)
        assert answer.status_code == 201, answer.text
        text = str(answer.json()["key"])
        await_known(closed_api, text)
        return text

    return make


@pytest.fixture(scope="session")
def shop_key(manage: Manage, closed_api: Api) -> EllipticCurvePrivateKey:
    """The private half of the shop's key pair, whose public half is known."""
    private = generate_private_key(SECP256R1())
    added = manage("user_tokens", "add", KID, "-", given=public_pem(private))
    assert added.returncode == 0, added.stderr
    address, token = f"{closed_api.url}products/trending/", sign_token(private, "user-1")
    # Refused either way, for want of a key; but only where the token counts.
    await_everywhere(lambda: "A key is missing" in whichever.get(address, headers={"user-token": token}).text)
    return private


@pytest.fixture(scope="session")
def sign(shop_key: EllipticCurvePrivateKey) -> Sign:
    """A user token for a person, as the shop's server signs one; claims and header can be others."""

    def signed(person: str, *, kid: str | None = KID, **claims: object) -> str:
        return sign_token(shop_key, person, kid=kid, **claims)

    return signed


def sign_token(private: EllipticCurvePrivateKey, person: str, *, kid: str | None = KID, **claims: object) -> str:
    now = int(time.time())
    body = {"sub": person, "aud": "vitrine", "iat": now, "exp": now + 600, **claims}
    kept = {name: value for name, value in body.items() if value is not None}
    return jwt.encode(kept, private, algorithm="ES256", headers={"kid": kid} if kid else None)


def public_pem(private: EllipticCurvePrivateKey) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def bearer(key: str, **headers: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", **{name.replace("_", "-"): value for name, value in headers.items()}}


def await_known(api: Api, key: str) -> None:
    """Each process hears of a new key by itself."""
    await_everywhere(lambda: _ask_for_what_is_there(api, key).status_code != 401)


def await_unknown(api: Api, key: str) -> None:
    await_everywhere(lambda: _ask_for_what_is_there(api, key).status_code == 401)


def await_everywhere(is_so: Callable[[], bool]) -> None:
    """Waits until something holds twenty times in a row, whichever process is asked."""
    deadline = time.monotonic() + HEARD_SECONDS
    in_a_row = 0
    while in_a_row < 20:
        assert time.monotonic() < deadline, "not all processes have heard of the change"
        in_a_row = in_a_row + 1 if is_so() else 0


def _ask_for_what_is_there(api: Api, key: str) -> httpx.Response:
    """OPTIONS asks for no scope."""
    return whichever.options(f"{api.url}events/", headers=bearer(key))
