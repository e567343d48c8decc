"""Django's settings, for the parts of the API that need no server."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.development")
django.setup()
