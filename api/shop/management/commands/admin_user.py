"""Makes the one who may sign in at /admin/, or gives them the password that is set now."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management import BaseCommand, CommandError
from django.db import OperationalError

from vitrine.settings import AdminSettings, load


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, **_: Any) -> None:  # noqa: ANN401 - Django's options
        settings = load(AdminSettings)
        if settings.admin_password is None:
            self.stdout.write("nobody: VITRINE_ADMIN_PASSWORD is not set")
            return
        try:
            self._set(settings.admin_username, settings.admin_password.get_secret_value())
        except OperationalError as error:
            raise CommandError(f"Postgres: {' '.join(str(error).split())}") from error

    def _set(self, name: str, password: str) -> None:
        user, is_new = User.objects.get_or_create(
            username=name, defaults={"is_staff": True, "is_superuser": True, "email": f"{name}@localhost"}
        )
        # A new hash would sign out whoever is signed in.
        if is_new or not user.check_password(password):
            user.set_password(password)
            user.save()
        self.stdout.write(name)
