"""For production: HTTPS only, except for health checks; no secret has a default."""

from api.settings.base import *  # noqa: F403 - Django's way of layering settings
from api.settings.base import API
from vitrine.errors import SettingsError


def _required() -> tuple[str, list[str]]:
    """The secret key and the hosts; SettingsError names each one that is missing, also the key of receipts."""
    key = API.django_secret_key.get_secret_value() if API.django_secret_key else ""
    missing = []
    if not key:
        missing.append("VITRINE_DJANGO_SECRET_KEY: needed in production, at least 50 random characters")
    if not API.receipt_key:
        missing.append("VITRINE_RECEIPT_KEY: needed in production, at least 16 random characters")
    if not API.allowed_hosts:
        missing.append("VITRINE_ALLOWED_HOSTS: needed in production, such as api.shop.example")
    if missing:
        raise SettingsError("; ".join(missing))
    return key, list(API.allowed_hosts)


DEBUG = False
SECRET_KEY, ALLOWED_HOSTS = _required()

SECURE_SSL_REDIRECT = True
# Load balancers check health over plain HTTP, by address; Prometheus reads beside the API.
SECURE_REDIRECT_EXEMPT = [r"^api/v1/(health|metrics)/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if API.trust_forwarded_proto else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_SECURE = True
