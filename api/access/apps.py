from django.apps import AppConfig
from django.http import HttpRequest


class AccessConfig(AppConfig):
    name = "api.access"
    label = "access"
    verbose_name = "Keys and user tokens"

    def ready(self) -> None:
        from corsheaders.signals import check_request_enabled

        check_request_enabled.connect(_is_named_by_a_key)


def _is_named_by_a_key(sender: object, request: HttpRequest, **_: object) -> bool:  # noqa: ARG001 - Django's signal
    """Pages that a browser's key names may read answers, beside those in the settings.

    Whether the key of this request names its origin is seen later.
    """
    # Here, as metrics may be declared in the workers only, which count together.
    from api import servers

    return servers.keyring().allows_origin(request.META.get("HTTP_ORIGIN", ""))
