"""Django's migrate, by one process at a time, into a database that it creates where it is missing."""

from typing import Any

from django.core.management import CommandError
from django.core.management.commands.migrate import Command as DjangosMigrate
from django.db import OperationalError

from vitrine.errors import ShopDatabaseUnavailableError
from vitrine.settings import ShopDatabaseSettings, load
from vitrine.shop_database.creating import create_database, migrating_alone


class Command(DjangosMigrate):
    def handle(self, *arguments: Any, **options: Any) -> str | None:  # noqa: ANN401 - Django's options
        settings = load(ShopDatabaseSettings)
        try:
            create_database(settings)
            with migrating_alone(settings):
                return super().handle(*arguments, **options)
        except (ShopDatabaseUnavailableError, OperationalError) as error:
            raise CommandError(" ".join(str(error).split())) from error
