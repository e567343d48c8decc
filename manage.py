#!/usr/bin/env python
"""Django's commands, for development unless DJANGO_SETTINGS_MODULE says otherwise; works from any folder."""

import os
import sys

from django.core.management import execute_from_command_line

from vitrine.errors import SettingsError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.development")
    try:
        execute_from_command_line(sys.argv)
    except SettingsError as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
