"""Development settings with views that no product has."""

from api.settings.development import *  # noqa: F403

ROOT_URLCONF = "tests.integration.api.odd_urls"
