"""What each worker process serves; api.settings.production unless DJANGO_SETTINGS_MODULE names others."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "api.settings.production")
application = get_wsgi_application()

from api import servers  # noqa: E402 - Django comes first
from vitrine.learning import warm_up_reading  # noqa: E402
from vitrine.settings import CatalogueSettings, load  # noqa: E402

# A mistake in a view ends the start, not the first request.
_ = get_resolver().url_patterns

# Opened before the first request and by one thread; no call waits for its server.
servers.views()
servers.assortment()
servers.people()
servers.link().keep_connecting()
servers.publisher()
servers.shown()
servers.erasures()
servers.model()
servers.keyring().keep_listening()
servers.rulebook().keep_listening()
servers.experiments().keep_listening()
if load(CatalogueSettings).catalogue_follows_postgres:
    servers.product_follower().keep_listening()
warm_up_reading()
