"""The only reader of the environment.

Every setting is an environment variable `VITRINE_<NAME>`, or a line of the file `.env` at the top of the project;
`.env.example` lists them all. Secrets are never printed.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from vitrine.errors import SettingsError

PROJECT_FOLDER = Path(__file__).resolve().parent.parent

Port = Annotated[int, Field(ge=1, le=65535)]
CommaSeparated = Annotated[tuple[str, ...], NoDecode]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
CqlName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="VITRINE_", env_file=PROJECT_FOLDER / ".env", extra="ignore", frozen=True
    )


class KafkaSettings(_Settings):
    """Where the broker is, and the topics of views."""

    kafka_bootstrap_servers: str = Field("localhost:9092", min_length=1)
    views_topic: Name = "product-views"
    dead_letter_topic: Name = "product-views.dead-letter"
    view_consumer_group: Name = "view-consumer"
    # Used when a topic is created. Four partitions let up to four consumers share the work.
    views_topic_partitions: int = Field(4, ge=1, le=1000)
    kafka_replication_factor: int = Field(1, ge=1, le=10)


class CassandraSettings(_Settings):
    """Where Cassandra is, how safely it keeps the views, and for how long."""

    cassandra_contact_points: CommaSeparated = ("127.0.0.1",)
    cassandra_port: Port = 9042
    cassandra_local_datacenter: str = Field("datacenter1", min_length=1)
    cassandra_keyspace: CqlName = "productviews"
    # The replication map of CREATE KEYSPACE, in CQL; used once, when the keyspace is created.
    cassandra_replication: str = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}"
    cassandra_consistency: Literal["ONE", "LOCAL_ONE", "QUORUM", "LOCAL_QUORUM", "EACH_QUORUM", "ALL"] = (
        "LOCAL_QUORUM"
    )
    cassandra_username: str | None = None
    cassandra_password: SecretStr | None = None
    # A view is kept this long, counted from its own time. Cassandra's longest TTL is 20 years.
    view_retention_days: float = Field(90, gt=0, le=7300)

    @field_validator("cassandra_contact_points", mode="before")
    @classmethod
    def _split_contact_points(cls, value: Any) -> Any:
        return _split(value)

    @field_validator("cassandra_replication")
    @classmethod
    def _looks_like_a_map(cls, value: str) -> str:
        if not (value.startswith("{") and value.endswith("}") and "'class'" in value and ";" not in value):
            raise ValueError("must be a CQL map such as {'class': 'NetworkTopologyStrategy', 'datacenter1': 3}")
        return value

    @model_validator(mode="after")
    def _username_with_password(self) -> Self:
        if (self.cassandra_username is None) != (self.cassandra_password is None):
            raise ValueError("VITRINE_CASSANDRA_USERNAME and VITRINE_CASSANDRA_PASSWORD go together")
        return self


class ApiSettings(_Settings):
    """What Django needs. The settings module (development or production) is DJANGO_SETTINGS_MODULE."""

    django_secret_key: SecretStr | None = None
    allowed_hosts: CommaSeparated = ()
    cors_allowed_origins: CommaSeparated = ()
    # Postgres, for Django's own tables; no request to /api/v1 reads it.
    postgres_host: str = "127.0.0.1"
    postgres_port: Port = 5432
    postgres_user: str = "postgres"
    postgres_password: SecretStr | None = None
    django_database: str = "vitrine_django"

    @field_validator("allowed_hosts", "cors_allowed_origins", mode="before")
    @classmethod
    def _split_lists(cls, value: Any) -> Any:
        return _split(value)


class StackSettings(_Settings):
    """Ports, folder and memory of the local stack (local_stack/). All servers bind to 127.0.0.1."""

    stack_data_folder: Path = PROJECT_FOLDER / ".local_stack"
    # Where downloaded jars are kept; shared by all stacks of this checkout.
    stack_jars_folder: Path = PROJECT_FOLDER / ".local_stack" / "jars"
    stack_kafka_port: Port = 9092
    stack_kafka_controller_port: Port = 9093
    stack_cassandra_port: Port = 9042
    stack_cassandra_storage_port: Port = 7000
    stack_cassandra_heap_mb: int = Field(1024, ge=256)
    stack_kafka_heap_mb: int = Field(384, ge=128)
    stack_postgres_port: Port = 5432
    stack_api_port: Port = 8000
    # Sample views sent by `make up`, a second; 0 sends none.
    stack_sample_view_rate: float = Field(20, ge=0)


SettingsType = TypeVar("SettingsType", bound=_Settings)


@cache
def load(kind: type[SettingsType]) -> SettingsType:
    """The settings of one kind, read once.

    Raises SettingsError naming each variable that is missing or malformed, and why; values are not repeated, as
    they may be secret.
    """
    try:
        return kind()
    except ValidationError as error:
        raise SettingsError("; ".join(_describe(problem) for problem in error.errors())) from None


def _describe(problem: Any) -> str:
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    return f"VITRINE_{str(problem['loc'][0]).upper()}: {str(problem['msg']).removeprefix('Value error, ')}"


def _split(value: Any) -> Any:
    """`a, b` -> ("a", "b"); what is not text is left to the type's own check."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
