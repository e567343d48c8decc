"""What development and production share. No view of the API reads Postgres, a session or a user; the admin does."""

from importlib.metadata import version
from typing import Any

from api.access.addresses import networks
from vitrine.settings import PROJECT_FOLDER, ApiSettings, LogSettings, load

API = load(ApiSettings)
# A bad value is refused here with a sentence; the configuration of logging would answer with a traceback.
load(LogSettings)

BASE_DIR = PROJECT_FOLDER
ROOT_URLCONF = "api.urls"
WSGI_APPLICATION = "api.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

INSTALLED_APPS = [
    # The tables of Postgres that are ours.
    "api.access",
    "api.shop",
    "api.market",
    "api.operations",
    "api.rules",
    "api.experiments",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    # Outermost, so that every answer and every log line has its id.
    "api.request_ids.request_id_middleware",
    "api.security_headers.security_headers_middleware",
    "api.tracing.tracing_middleware",
    # Before all that answers by itself, so that no answer goes uncounted.
    "api.measuring.measuring_middleware",
    # Before the others, so that what any of them answers or raises becomes a problem too.
    "api.middleware.problem_middleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "api.middleware.AllowedHostMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "api.admin_middleware.AdminMiddleware",
]
# They look for the middleware of sessions, users and messages in the list above; AdminMiddleware holds it.
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]

# A path without its slash is 404: a redirect would lose the body of a POST.
APPEND_SLASH = False
X_FRAME_OPTIONS = "DENY"

# The cookies of the admin go to its own pages only, never with a call of the API or of another site.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 3600
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The files of the page at docs/ and of the admin are served out of the installed packages: nothing to collect.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

_POSTGRES = {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": API.postgres_host,
    "PORT": API.postgres_port,
    "USER": API.postgres_user,
    "PASSWORD": API.postgres_password.get_secret_value() if API.postgres_password else "",
    "NAME": API.shop_database,
}
DATABASES = {
    "default": {**_POSTGRES, "OPTIONS": {"connect_timeout": 5, **API.postgres_tls}},
    # What the data API reads: no write, and no question that keeps a thread from the shop for long.
    "analytics": {
        **_POSTGRES,
        "CONN_MAX_AGE": 300,
        "OPTIONS": {
            "connect_timeout": 2,
            **API.postgres_tls,
            "tcp_user_timeout": 5000,
            "options": "-c default_transaction_read_only=on -c statement_timeout=5000",
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CORS_URLS_REGEX = r"^/(api|v1)/"
CORS_ALLOWED_ORIGINS = API.cors_allowed_origins
CORS_ALLOW_METHODS = ("GET", "POST", "DELETE", "OPTIONS")
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "if-none-match",
    "product-id",
    "user-id",
    "user-token",
    "x-request-id",
    # Of Segment's library, and of RudderStack's.
    "x-retry-count",
    "anonymousid",
    "sentat",
    *(
        f"rsa-{name}"
        for name in ("recovered", "retry-attempt", "retry-reason", "since-first-attempt", "since-last-attempt")
    ),
)
CORS_EXPOSE_HEADERS = ("etag", "ratelimit", "ratelimit-policy", "retry-after", "www-authenticate", "x-request-id")

# Nobody without a key; the development settings open it to this machine.
ACCESS_OPEN_TO = networks(())
ACCESS_TRUSTED_PROXIES = networks(API.trusted_proxies)
USER_TOKEN_AUDIENCE = API.user_token_audience
KEY_LIMIT_PER_MINUTE = API.key_limit_per_minute
ADDRESS_LIMIT_PER_MINUTE = API.address_limit_per_minute
PERSON_PRODUCT_VIEWS_PER_HOUR = API.person_product_views_per_hour
ADDRESS_PRODUCT_VIEWS_PER_HOUR = API.address_product_views_per_hour
ADDRESS_VIEWS_PER_HOUR = API.address_views_per_hour

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.access.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.access.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["api.access.limiting.Throttle"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.FirstRenderer",
    "DEFAULT_SCHEMA_CLASS": "api.access.documentation.ScopedSchema",
    "EXCEPTION_HANDLER": "api.problems.exception_handler",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Vitrine",
    "DESCRIPTION": "What each shopper viewed last, and what to show next. Every error is a problem of RFC 9457.",
    "VERSION": version("vitrine"),
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "SERVE_PERMISSIONS": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["api.schema.add_components", "api.access.documentation.add_components"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # The validator is a site on the internet.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "vitrine.logs.formatter",
            "text": "%(asctime)s %(levelname)-7s %(name)s [%(request_id)s]: %(message)s",
            "defaults": {"request_id": "-"},
        }
    },
    "filters": {
        "request-id": {"()": "api.request_ids.RequestIdFilter"},
        "unhandled": {"()": "api.problems.UnhandledExceptions"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request-id"]},
        "unhandled": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["unhandled", "request-id"]},
        "none": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # The client has been told; a log line for every 4xx and 503 would let anybody fill the disk.
        "django.request": {"handlers": ["unhandled"], "propagate": False},
        "django.security": {"handlers": ["none"], "propagate": False},
        # The driver logs every lost connection several times; api.breaker logs once that Cassandra is away.
        "cassandra": {"level": "CRITICAL"},
    },
}
