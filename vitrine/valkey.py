"""The connection to Valkey, and the client's errors as Vitrine's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from vitrine.errors import CacheUnavailableError
from vitrine.settings import ValkeySettings


def client(settings: ValkeySettings, *, timeout: float) -> redis.Redis | None:
    """A client for all threads, which connects when it is used; None where the settings name no Valkey.

    A connection and an answer may take `timeout` seconds each. Nothing is tried again: callers know whether they can do
    without. Values are bytes.
    """
    if settings.valkey_url is None:
        return None
    password = settings.valkey_password
    return redis.Redis.from_url(
        settings.valkey_url,
        username=settings.valkey_username or None,
        password=password.get_secret_value() if password else None,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        **_tls(settings),
    )


@contextmanager
def client_errors(settings: ValkeySettings) -> Iterator[None]:
    """Maps the client's errors onto CacheUnavailableError, with the address, which they lack."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise CacheUnavailableError(f"Valkey at {settings.valkey_url}: {error or type(error).__name__}") from error


def _tls(settings: ValkeySettings) -> dict[str, Any]:
    if not (settings.valkey_url or "").startswith("rediss://"):
        return {}
    files = {
        "ssl_ca_certs": settings.valkey_ca_file,
        "ssl_certfile": settings.valkey_certificate_file,
        "ssl_keyfile": settings.valkey_key_file,
    }
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True} | {
        name: str(file) for name, file in files.items() if file
    }
