"""The only reader of the environment.

Every setting is an environment variable `VITRINE_<NAME>`, or a line of the file `.env` at the top of the project;
`.env.example` lists them all. What neither of them sets is read, as in containers, from the file of that name in the
folder that VITRINE_SECRETS_FOLDER names. Secrets are never printed.
"""

import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from vitrine.errors import SettingsError

PROJECT_FOLDER = Path(__file__).resolve().parent.parent

# What the keys begin with that the data API keeps in Valkey.
CACHE_PREFIX = "vitrine"

Port = Annotated[int, Field(ge=1, le=65535)]
CommaSeparated = Annotated[tuple[str, ...], NoDecode]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
CqlName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class Settings(BaseSettings):
    """What all settings share: where their values come from."""

    model_config = SettingsConfigDict(
        env_prefix="VITRINE_", env_file=PROJECT_FOLDER / ".env", extra="ignore", frozen=True
    )


class LogSettings(Settings):
    """The form of log lines: text for people, json (one object a line) for log collectors."""

    log_format: Literal["text", "json"] = "text"


class KafkaSettings(Settings):
    """Where the broker is, and the topics of views."""

    kafka_bootstrap_servers: str = Field(default="localhost:9092", min_length=1)
    views_topic: Name = "product-views"
    dead_letter_topic: Name = "product-views.dead-letter"
    view_consumer_group: Name = "view-consumer"
    # Order lines, as they are carried over from Postgres.
    purchases_topic: Name = "purchases"
    # What the API has recommended to whom.
    shown_topic: Name = "recommendations-shown"
    # Used when a topic is created. Four partitions let up to four consumers share the work.
    views_topic_partitions: int = Field(default=4, ge=1, le=1000)
    kafka_replication_factor: int = Field(default=1, ge=1, le=10)

    @model_validator(mode="after")
    def _topics_differ(self) -> Self:
        topics = (self.views_topic, self.dead_letter_topic, self.purchases_topic, self.shown_topic)
        if len(set(topics)) < len(topics):
            raise ValueError(
                "VITRINE_VIEWS_TOPIC, VITRINE_DEAD_LETTER_TOPIC, VITRINE_PURCHASES_TOPIC and VITRINE_SHOWN_TOPIC must"
                " differ"
            )
        return self


class CassandraSettings(Settings):
    """Where Cassandra is, how safely it keeps the views, and for how long."""

    cassandra_contact_points: CommaSeparated = Field(default=("127.0.0.1",), min_length=1)
    cassandra_port: Port = 9042
    cassandra_local_datacenter: str = Field(default="datacenter1", min_length=1)
    cassandra_keyspace: CqlName = "productviews"
    # The replication map of CREATE KEYSPACE, in CQL; used once, when the keyspace is created.
    cassandra_replication: str = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}"
    cassandra_consistency: Literal["ONE", "LOCAL_ONE", "QUORUM", "LOCAL_QUORUM", "EACH_QUORUM", "ALL"] = "LOCAL_QUORUM"
    cassandra_username: str | None = None
    cassandra_password: SecretStr | None = None
    # A view is kept this long, counted from its own time. Cassandra 5.0, unless told otherwise, refuses what would
    # expire after January 2038.
    view_retention_days: float = Field(default=90, gt=0, le=3650)

    @field_validator("cassandra_contact_points", mode="before")
    @classmethod
    def _split_contact_points(cls, value: object) -> object:
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


class ModelSettings(Settings):
    """The model of what is viewed together: where its file lies, and what bounds it."""

    # Written by the learner, read by the API's processes on the same machine.
    model_folder: Path = PROJECT_FOLDER / ".local_stack" / "model"
    # The most products, and neighbours of each, that are kept: about 2 KB a product at 128. A full model makes room by
    # its weakest.
    model_products: int = Field(default=50_000, ge=1_000, le=1_000_000)
    model_neighbours: int = Field(default=128, ge=8, le=512)

    @field_validator("model_folder")
    @classmethod
    def _from_the_project(cls, value: Path) -> Path:
        return from_the_project(value)


class LearnerSettings(ModelSettings):
    """How the learner learns."""

    # How often the model is copied to disk: after a crash, what came since is read from Kafka again.
    learner_checkpoint_seconds: float = Field(default=60, gt=0, le=3600)
    # What a purchase counts where a view counts 1.
    purchase_weight: float = Field(default=1.0, ge=0, le=100)
    # Who views more on a day is taken for a robot, from which nothing more is learned on that day.
    maximum_views_a_day: int = Field(default=1000, ge=1)


class PostgresSettings(Settings):
    """The Postgres server; our tables and Airflow's have a database each."""

    postgres_host: str = Field(default="127.0.0.1", min_length=1)
    postgres_port: Port = 5432
    postgres_user: str = Field(default="postgres", min_length=1)
    postgres_password: SecretStr | None = None


class ShopDatabaseSettings(PostgresSettings):
    """The database of all our tables: products and orders, the market, users of the admin."""

    shop_database: Name = "vitrine_shop"


class MarketSettings(ShopDatabaseSettings):
    """Where inhabitants, businesses and states are fetched from, with which keys."""

    # In the form of the US Census API; the key is optional for few requests.
    census_url: str = "https://api.census.gov/data"
    census_key: SecretStr | None = None
    census_year: int = Field(default=2023, ge=2009, le=2100)
    # In the form of Yelp's API. Without a key nothing is fetched from there.
    listings_url: str = "https://api.yelp.com/v3"
    listings_key: SecretStr | None = None
    # A page with a table of states: their names, abbreviations, FIPS codes and regions. Without it nothing is fetched.
    states_page_url: str | None = None
    market_timeout_seconds: float = Field(default=30, gt=0)
    # How often a request is made before it has failed.
    market_attempts: int = Field(default=5, ge=1, le=20)


class PipelineSettings(Settings):
    """What a run of orders_to_cassandra may do unless it is told that more is intended."""

    # The share of the users, or of the products, in Cassandra that a run may remove. If it would be more, the database
    # is more likely to be empty, or the wrong one, than the shop to have changed that much.
    maximum_removed_share: float = Field(default=0.5, ge=0, le=1)


class LakeSettings(Settings):
    """Where the lake is, and the CSV files that are landed in it; the keys of buckets."""

    # A folder, or s3://bucket/prefix.
    lake: str = Field(default=str(PROJECT_FOLDER / ".local_stack" / "lake"), min_length=1)
    # Each source of CSV files has a folder of its name in here. A folder, or s3://bucket/prefix.
    csv_folder: str = Field(default=str(PROJECT_FOLDER / ".local_stack" / "csv"), min_length=1)
    # Another S3 server than Amazon's, such as http://127.0.0.1:9000.
    s3_endpoint: str | None = None
    # Both or neither; without them, those that the machine has by its role.
    s3_access_key: str | None = None
    s3_secret_key: SecretStr | None = None
    s3_region: str = Field(default="us-east-1", min_length=1)
    # What landing and erasing may take of memory; more is put on disk.
    lake_memory_mb: int = Field(default=512, ge=128)

    @field_validator("lake", "csv_folder")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if re.match(r"[a-z][a-z0-9+]*://", value) is None:
            return str(from_the_project(Path(value)))
        if re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^?*\[\]]*)?", value) is None:
            raise ValueError("must be a folder, or an address such as s3://bucket/prefix")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _access_key_with_secret_key(self) -> Self:
        if (self.s3_access_key is None) != (self.s3_secret_key is None):
            raise ValueError("VITRINE_S3_ACCESS_KEY and VITRINE_S3_SECRET_KEY go together")
        return self


class AirflowSettings(PostgresSettings):
    """Airflow's own database, and who may log in to its UI."""

    airflow_database: Name = "vitrine_airflow"
    airflow_username: str = Field(default="airflow", min_length=1)
    airflow_password: SecretStr = Field(default=SecretStr("airflow"), min_length=1)


class ApiSettings(ShopDatabaseSettings):
    """What Django and its server need; DJANGO_SETTINGS_MODULE says whether development or production."""

    api_host: str = Field(default="127.0.0.1", min_length=1)
    api_port: Port = 8000
    # Processes; as many as there are cores to spare for the API.
    api_workers: int = Field(default=2, ge=1, le=64)
    # Requests that one process answers at the same time. More do not make reads faster; with fewer, requests queue up.
    api_threads: int = Field(default=4, ge=1, le=64)
    # Where aggregates of the data API are kept, such as redis://127.0.0.1:6379; without it they are made each time.
    valkey_url: str | None = Field(default=None, pattern=r"^(rediss?|unix)://")
    # Needed in production.
    django_secret_key: SecretStr | None = None
    # Names in the Host header, without a port; needed in production.
    allowed_hosts: CommaSeparated = ()
    cors_allowed_origins: CommaSeparated = ()
    # True only behind a proxy that sets X-Forwarded-Proto itself: anybody could claim HTTPS otherwise.
    trust_forwarded_proto: bool = False

    @field_validator("allowed_hosts", "cors_allowed_origins", mode="before")
    @classmethod
    def _split_lists(cls, value: object) -> object:
        return _split(value)

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not re.fullmatch(r"\*|\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\]", value):
                raise ValueError(f"{value!r} is not a host name, such as api.shop.example; no scheme, no port")
        return values

    @field_validator("cors_allowed_origins")
    @classmethod
    def _are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", value):
                raise ValueError(
                    f"{value!r} is not an origin (scheme and host, no path), such as https://www.shop.example"
                )
        return values


class DashboardSettings(Settings):
    """Where the dashboard listens, and where its API is."""

    dashboard_host: str = Field(default="127.0.0.1", min_length=1)
    dashboard_port: Port = 8501
    dashboard_api_url: str = Field(default="http://127.0.0.1:8000/api/v1/", pattern=r"^https?://")


class WarehouseSettings(LakeSettings):
    """Where the warehouse lies, and who is told when its checks fail or pass again."""

    # A DuckDB file; what dbt writes lies beside it.
    warehouse_file: Path = PROJECT_FOLDER / ".local_stack" / "warehouse" / "warehouse.duckdb"
    # Addresses in the form of apprise, separated by spaces, such as mailto://… and json://…; they may hold passwords.
    notify: SecretStr = SecretStr("")

    @field_validator("warehouse_file")
    @classmethod
    def _file_from_the_project(cls, value: Path) -> Path:
        return from_the_project(value)

    @property
    def notify_addresses(self) -> list[str]:
        return self.notify.get_secret_value().split()


class AdminSettings(Settings):
    """Who may sign in at /admin/, as `manage.py admin_user` makes them."""

    admin_username: str = Field(default="admin", min_length=1, max_length=150)
    # Nobody is made without one; the local stack takes "admin" then.
    admin_password: SecretStr | None = None


class StackSettings(Settings):
    """Ports, folder and memory of the local stack (local_stack/). All servers bind to 127.0.0.1."""

    stack_data_folder: Path = PROJECT_FOLDER / ".local_stack"
    # Where downloaded jars are kept; shared by all stacks of this checkout.
    stack_jars_folder: Path = PROJECT_FOLDER / ".local_stack" / "jars"
    stack_kafka_port: Port = 9092
    stack_kafka_controller_port: Port = 9093
    stack_cassandra_port: Port = 9042
    stack_cassandra_storage_port: Port = 7000
    stack_cassandra_heap_mb: int = Field(default=1024, ge=256)
    stack_kafka_heap_mb: int = Field(default=384, ge=128)
    stack_postgres_port: Port = 5432
    stack_valkey_port: Port = 6379
    stack_api_port: Port = 8000
    stack_dashboard_port: Port = 8501
    stack_airflow_port: Port = 8080
    # Of the server that stands in for the sources of the market.
    stack_market_port: Port = 8010
    stack_s3_port: Port = 9000
    # Whether an S3 server runs too, with a bucket `lake`: 280 MB of memory. Without it the lake is a folder.
    stack_s3: bool = False
    # Whether Airflow runs too: about 1 GB of memory.
    stack_airflow: bool = True
    # Sample views a second that `make up` sends; 0 sends none and loads no sample shop.
    stack_sample_view_rate: float = Field(default=20, ge=0)

    @field_validator("stack_data_folder", "stack_jars_folder")
    @classmethod
    def from_the_project(cls, value: Path) -> Path:
        return from_the_project(value)


SettingsType = TypeVar("SettingsType", bound=Settings)


@cache
def load(kind: type[SettingsType]) -> SettingsType:
    """The settings of one kind, read once.

    Raises SettingsError naming each variable that is missing or malformed, and why; values are not repeated, as
    they may be secret.
    """
    try:
        folder = os.environ.get("VITRINE_SECRETS_FOLDER") or None
        return kind(_secrets_dir=folder)  # type: ignore[call-arg] # it is one of BaseSettings
    except ValidationError as error:
        raise SettingsError("; ".join(_describe(problem) for problem in error.errors())) from None


def _describe(problem: ErrorDetails) -> str:
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    return f"VITRINE_{str(problem['loc'][0]).upper()}: {str(problem['msg']).removeprefix('Value error, ')}"


def from_the_project(folder: Path) -> Path:
    """A relative folder is relative to the project, so that it is the same one wherever a command is run."""
    return (PROJECT_FOLDER / folder.expanduser()).resolve()


def _split(value: object) -> object:
    """`a, b` -> ("a", "b"); what is not text is left to the type's own check."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
