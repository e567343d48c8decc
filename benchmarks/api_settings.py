"""The API's settings for benchmarks: as in production, but over plain HTTP and with the constant view.

`DJANGO_SETTINGS_MODULE=benchmarks.api_settings python -m api`, from the top of the project.
"""

from api.settings.development import *  # noqa: F403 - Django's way of layering settings

DEBUG = False
ROOT_URLCONF = "benchmarks.constant_view"
