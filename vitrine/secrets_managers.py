"""Secrets of AWS, Azure or Google, as one more place that settings come from.

Their libraries are not among those of any process: requirements/secrets-managers.txt holds them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import (
    AWSSecretsManagerSettingsSource,
    AzureKeyVaultSettingsSource,
    BaseSettings,
    GoogleSecretManagerSettingsSource,
    PydanticBaseSettingsSource,
)

from vitrine.errors import SettingsError


def sources(kind: type[BaseSettings], secrets_from: str) -> tuple[PydanticBaseSettingsSource, ...]:
    """What VITRINE_SECRETS_FROM names, for settings of which one is secret; the others ask nobody.

    Raises SettingsError when the manager cannot be asked.
    """
    manager, _, name = secrets_from.partition(":")
    if not name or not any(_is_secret(field) for field in kind.model_fields.values()):
        return ()
    with _errors(secrets_from):
        return (_Asked(kind, _MANAGERS[manager](kind, name), secrets_from),)


class _Asked(PydanticBaseSettingsSource):
    """A manager whose errors are ours. Some are asked when they are made, others when a value is needed."""

    def __init__(self, kind: type[BaseSettings], source: PydanticBaseSettingsSource, secrets_from: str) -> None:
        super().__init__(kind)
        self._source = source
        self._secrets_from = secrets_from

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        with _errors(self._secrets_from):
            return self._source()


@contextmanager
def _errors(secrets_from: str) -> Iterator[None]:
    """The messages of the libraries name servers and permissions, never values."""
    try:
        yield
    except ImportError as error:
        raise SettingsError(
            f"VITRINE_SECRETS_FROM={secrets_from} needs packages that are not installed: `uv pip install"
            " --require-hashes -r requirements/secrets-managers.txt`"
        ) from error
    except (AttributeError, ValueError):
        # No JSON, or none with names: the error would hold what was read.
        raise SettingsError(
            f"VITRINE_SECRETS_FROM={secrets_from}: the secret is not a JSON object of variables and their values"
        ) from None
    except Exception as error:
        # Each library has a tree of its own, and only one of them is installed.
        if type(error).__module__.partition(".")[0] not in ("botocore", "azure", "google"):
            raise
        said = " ".join(str(error).split())
        raise SettingsError(f"VITRINE_SECRETS_FROM={secrets_from} cannot be read: {said}") from error


def _aws(kind: type[BaseSettings], name: str) -> PydanticBaseSettingsSource:
    return AWSSecretsManagerSettingsSource(kind, name, case_sensitive=False)


def _azure(kind: type[BaseSettings], url: str) -> PydanticBaseSettingsSource:
    from azure.identity import DefaultAzureCredential

    # A vault's names have no underscores: VITRINE-POSTGRES-PASSWORD.
    return AzureKeyVaultSettingsSource(
        kind, url, DefaultAzureCredential(), dash_to_underscore=True, case_sensitive=False
    )


def _google(kind: type[BaseSettings], project: str) -> PydanticBaseSettingsSource:
    return GoogleSecretManagerSettingsSource(kind, project_id=project, case_sensitive=False)


_MANAGERS: dict[str, Callable[[type[BaseSettings], str], PydanticBaseSettingsSource]] = {
    "aws": _aws,
    "azure": _azure,
    "gcp": _google,
}


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))
