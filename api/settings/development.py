"""For your own machine: DEBUG, local host names, a new random secret key at each start."""

from django.core.management.utils import get_random_secret_key

from api.access.addresses import networks
from api.settings.base import *  # noqa: F403 - Django's way of layering settings
from api.settings.base import API, DATABASES, INSTALLED_APPS, MIDDLEWARE

DEBUG = True
ACCESS_OPEN_TO = networks(API.development_open_to)
# Other containers know this one as api.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "api", *API.allowed_hosts]
SECRET_KEY = API.django_secret_key.get_secret_value() if API.django_secret_key else get_random_secret_key()

# The sample shop at /, which is for whoever is answered without a key.
if API.storefront:
    INSTALLED_APPS = [*INSTALLED_APPS, "storefront"]
    MIDDLEWARE = [*MIDDLEWARE, "storefront.middleware.StorefrontMiddleware"]
    ROOT_URLCONF = "storefront.urls"
    # Each of its pages reads Postgres.
    DATABASES["default"]["CONN_MAX_AGE"] = 300
