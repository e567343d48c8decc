"""The only reader of the environment.

Every setting is an environment variable `VITRINE_<NAME>`, or a line of the file `.env` at the top of the project;
`.env.example` lists them all. What neither of them sets is read, as in containers, from the file of that name in the
folder that VITRINE_SECRETS_FOLDER names, and last from the secrets manager that VITRINE_SECRETS_FROM names. Secrets are
never printed.
"""

import os
import re
import socket
from collections.abc import Iterable
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from vitrine import secrets_managers
from vitrine.errors import SettingsError

PROJECT_FOLDER = Path(__file__).resolve().parent.parent

# Scheme and host, no path, such as https://www.shop.example.
ORIGIN_PATTERN = r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?"
# What the keys begin with that the data API keeps in Valkey.
CACHE_PREFIX = "vitrine"


def from_the_project(place: Path) -> Path:
    """A relative path is relative to the project, so that it is the same one wherever a command is run."""
    return (PROJECT_FOLDER / place.expanduser()).resolve()


def _readable(file: Path) -> Path:
    """A file that is there for us to read."""
    file = from_the_project(file)
    try:
        with file.open("rb"):
            return file
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None


def _with_hostname(name: str) -> str:
    """`{hostname}` in it is this machine's, or this container's."""
    return name.replace("{hostname}", socket.gethostname())


_INSTANCE_PATTERN = r"^([A-Za-z0-9._-]|\{hostname\}){0,200}$"
Port = Annotated[int, Field(ge=1, le=65535)]
# Certificates or a key, in PEM.
PemFile = Annotated[Path, AfterValidator(_readable)]
CommaSeparated = Annotated[tuple[str, ...], NoDecode]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
CqlName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class Settings(BaseSettings):
    """What all settings share: where their values come from."""

    model_config = SettingsConfigDict(
        env_prefix="VITRINE_", env_file=PROJECT_FOLDER / ".env", extra="ignore", frozen=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The first that knows a value wins."""
        here = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        if settings_cls is SecretsSettings:
            return here
        return *here, *secrets_managers.sources(settings_cls, load(SecretsSettings).secrets_from)


class SecretsSettings(Settings):
    """Where secrets are that neither the environment nor a file gives."""

    # files; or aws: and the name of a secret, azure: and the address of a vault, gcp: and a project.
    secrets_from: str = Field(
        default="files", pattern=r"^(files|aws:[\w/+=.@:-]+|azure:https://[\w.-]+/?|gcp:[a-z0-9.:-]+)$"
    )


class TransportSettings(Settings):
    """What the connections to all servers have in common."""

    # A password on its way to another machine without TLS is refused, unless that network is one's own.
    unencrypted_passwords: bool = False

    def _check_password(self, name: str, password: SecretStr | None, encrypted: bool, hosts: Iterable[str]) -> None:
        """Raises ValueError where a password would go to another machine for everybody on the way to read."""
        if not password or encrypted or self.unencrypted_passwords or all(_is_this_machine(host) for host in hosts):
            return
        raise ValueError(
            f"VITRINE_{name}_PASSWORD would go to another machine unencrypted: {_HOW_TO_ENCRYPT[name]}, or"
            " VITRINE_UNENCRYPTED_PASSWORDS=True where the network is your own"
        )

    def _check_files(self, name: str, uses_tls: bool) -> None:
        """Raises ValueError for files that nothing would use, and for half of a pair."""
        if (getattr(self, f"{name}_certificate_file") is None) != (getattr(self, f"{name}_key_file") is None):
            prefix = f"VITRINE_{name.upper()}"
            raise ValueError(f"{prefix}_CERTIFICATE_FILE and {prefix}_KEY_FILE go together")
        for kind in ("ca", "certificate"):
            if not uses_tls and getattr(self, f"{name}_{kind}_file") is not None:
                raise ValueError(
                    f"VITRINE_{name.upper()}_{kind.upper()}_FILE is set, but not TLS: {_HOW_TO_ENCRYPT[name.upper()]}"
                )


_HOW_TO_ENCRYPT = {
    "KAFKA": "set VITRINE_KAFKA_SECURITY_PROTOCOL=SASL_SSL, or SSL without a password",
    "CASSANDRA": "set VITRINE_CASSANDRA_TLS=True",
    "POSTGRES": "set VITRINE_POSTGRES_SSLMODE=verify-full",
    "VALKEY": "let VITRINE_VALKEY_URL begin with rediss://",
}


class LogSettings(Settings):
    """The form of log lines: text for people, json (one object a line) for log collectors."""

    log_format: Literal["text", "json"] = "text"


class MetricsSettings(Settings):
    """Where processes without an address of their own show their metrics; without a port they show none."""

    metrics_host: str = Field(default="127.0.0.1", min_length=1)
    view_consumer_metrics_port: Port | None = None
    view_learner_metrics_port: Port | None = None
    watcher_metrics_port: Port | None = None


class TracesSettings(Settings):
    """Where traces go, and of how many requests."""

    # OTLP over HTTP, such as http://127.0.0.1:4318; without it there are none.
    otlp_endpoint: str | None = Field(default=None, pattern=r"^https?://")
    # Drawn by the id of the trace, so that all processes keep or leave out the same ones.
    traces_share: float = Field(default=1.0, gt=0, le=1)


class WatcherSettings(MetricsSettings):
    """What the watcher does, beside reading Kafka and Postgres."""

    # Whether it posts a canary event each second, and until when it can be read.
    canary: bool = True
    canary_api_url: str = Field(default="http://127.0.0.1:8000/api/v1/", pattern=r"^https?://.*/$")
    # Sent as a bearer token, where the API wants one: it has to write views and to read histories.
    canary_api_key: SecretStr | None = None


class KafkaSettings(TransportSettings):
    """Where the broker is, how to reach it, and the topics of views."""

    kafka_bootstrap_servers: str = Field(default="localhost:9092", min_length=1)
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    # Of the SASL protocols, with which user name and password go.
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    # Of whom the broker's certificate must be; without it, of those that the machine trusts.
    kafka_ca_file: PemFile | None = None
    # Our own, where the broker asks for one.
    kafka_certificate_file: PemFile | None = None
    kafka_key_file: PemFile | None = None
    views_topic: Name = "product-views"
    dead_letter_topic: Name = "product-views.dead-letter"
    view_consumer_group: Name = "view-consumer"
    # The name by which Kafka knows a consumer that comes back, so that it has its partitions at once; of no two that
    # run at a time. Without one, the partitions of a consumer that was killed are idle for ten seconds.
    view_consumer_instance: Annotated[str, AfterValidator(_with_hostname), Field(pattern=_INSTANCE_PATTERN)] = ""
    # What shoppers do beside viewing, such as what they put into their cart. Its consumers are a group of their own.
    shop_events_topic: Name = "shop-events"
    shop_event_consumer_group: Name = "shop-event-consumer"
    # Order lines, as they are carried over from Postgres.
    purchases_topic: Name = "purchases"
    # What the API has recommended to whom.
    shown_topic: Name = "recommendations-shown"
    # Who was erased; compacted, and read by all that learn or store.
    erasures_topic: Name = "erasures"
    # Used when a topic is created. Four partitions let up to four consumers share the work.
    views_topic_partitions: int = Field(default=4, ge=1, le=1000)
    kafka_replication_factor: int = Field(default=1, ge=1, le=10)

    @property
    def topics(self) -> tuple[str, ...]:
        """The names of all topics."""
        return (
            *(self.views_topic, self.shop_events_topic, self.dead_letter_topic, self.purchases_topic),
            *(self.shown_topic, self.erasures_topic),
        )

    @property
    def consumer_groups(self) -> dict[str, tuple[str, str]]:
        """Each topic that is stored in Cassandra, with the group that does it, by the topic's name in the metrics."""
        return {
            "views": (self.views_topic, self.view_consumer_group),
            "shop events": (self.shop_events_topic, self.shop_event_consumer_group),
        }

    @model_validator(mode="after")
    def _topics_differ(self) -> Self:
        if len(set(self.topics)) < len(self.topics):
            raise ValueError(
                "VITRINE_VIEWS_TOPIC, VITRINE_SHOP_EVENTS_TOPIC, VITRINE_DEAD_LETTER_TOPIC, VITRINE_PURCHASES_TOPIC,"
                " VITRINE_SHOWN_TOPIC and VITRINE_ERASURES_TOPIC must differ"
            )
        return self

    @model_validator(mode="after")
    def _transport(self) -> Self:
        protocol = self.kafka_security_protocol
        if protocol.startswith("SASL_") and not (self.kafka_username and self.kafka_password):
            raise ValueError(
                f"VITRINE_KAFKA_SECURITY_PROTOCOL={protocol} needs VITRINE_KAFKA_USERNAME and VITRINE_KAFKA_PASSWORD"
            )
        if not protocol.startswith("SASL_") and (self.kafka_username or self.kafka_password):
            raise ValueError(
                "VITRINE_KAFKA_USERNAME and VITRINE_KAFKA_PASSWORD need VITRINE_KAFKA_SECURITY_PROTOCOL=SASL_SSL, not"
                f" {protocol}"
            )
        self._check_files("kafka", protocol.endswith("SSL"))
        hosts = (server.strip().rpartition(":")[0] for server in self.kafka_bootstrap_servers.split(","))
        self._check_password("KAFKA", self.kafka_password, protocol.endswith("SSL"), hosts)
        return self


class CassandraSettings(TransportSettings):
    """Where Cassandra is, how to reach it, how safely it keeps the views, and for how long."""

    cassandra_contact_points: CommaSeparated = Field(default=("127.0.0.1",), min_length=1)
    cassandra_port: Port = 9042
    cassandra_local_datacenter: str = Field(default="datacenter1", min_length=1)
    cassandra_keyspace: CqlName = "productviews"
    # The replication map of CREATE KEYSPACE, in CQL; used once, when the keyspace is created.
    cassandra_replication: str = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}"
    cassandra_consistency: Literal["ONE", "LOCAL_ONE", "QUORUM", "LOCAL_QUORUM", "EACH_QUORUM", "ALL"] = "LOCAL_QUORUM"
    cassandra_username: str | None = None
    cassandra_password: SecretStr | None = None
    cassandra_tls: bool = False
    # Of whom the nodes' certificates must be; without it, of those that the machine trusts.
    cassandra_ca_file: PemFile | None = None
    # Our own, where the nodes ask for one.
    cassandra_certificate_file: PemFile | None = None
    cassandra_key_file: PemFile | None = None
    # Whether a node's certificate must name its address, by which the driver knows it. False trusts every certificate
    # of the authority.
    cassandra_check_hostname: bool = True
    # A view is kept this long, counted from its own time. Cassandra 5.0, unless told otherwise, refuses what would
    # expire after January 2038.
    view_retention_days: float = Field(default=90, gt=0, le=3650)
    # A product that was put into a cart is taken to be in it for so long, unless it is taken out or ordered before.
    # Not longer than a view is kept, or there would be nothing to make the cart from again.
    cart_days: float = Field(default_factory=lambda given: min(7, given.get("view_retention_days", 7)), gt=0, le=365)

    @model_validator(mode="after")
    def _events_outlive_carts(self) -> Self:
        if self.cart_days > self.view_retention_days:
            raise ValueError("VITRINE_CART_DAYS must not be more than VITRINE_VIEW_RETENTION_DAYS")
        return self

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

    @model_validator(mode="after")
    def _transport(self) -> Self:
        self._check_files("cassandra", self.cassandra_tls)
        self._check_password("CASSANDRA", self.cassandra_password, self.cassandra_tls, self.cassandra_contact_points)
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
    # What a purchase counts where a view counts 1, and what counts a product that was put into a cart.
    purchase_weight: float = Field(default=3.0, ge=0, le=100)
    cart_weight: float = Field(default=2.0, ge=0, le=100)
    # Who views more on a day is taken for a robot, from which nothing more is learned on that day.
    maximum_views_a_day: int = Field(default=1000, ge=1)


class PostgresSettings(TransportSettings):
    """The Postgres server, and how to reach it; our tables and Airflow's have a database each."""

    postgres_host: str = Field(default="127.0.0.1", min_length=1)
    postgres_port: Port = 5432
    postgres_user: str = Field(default="postgres", min_length=1)
    postgres_password: SecretStr | None = None
    # libpq's: only the last two make sure that it is the right server; `prefer` goes on without TLS where there is
    # none.
    postgres_sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    # Of whom the server's certificate must be.
    postgres_ca_file: PemFile | None = None
    # Our own, where the server asks for one. Nobody else may be able to read the key.
    postgres_certificate_file: PemFile | None = None
    postgres_key_file: PemFile | None = None

    @property
    def postgres_tls(self) -> dict[str, Any]:
        """The parameters of libpq that say how the connection is encrypted, for whatever connects by it."""
        files = {
            "sslrootcert": self.postgres_ca_file,
            "sslcert": self.postgres_certificate_file,
            "sslkey": self.postgres_key_file,
        }
        return {"sslmode": self.postgres_sslmode} | {name: str(file) for name, file in files.items() if file}

    @model_validator(mode="after")
    def _transport(self) -> Self:
        mode = self.postgres_sslmode
        if mode.startswith("verify-") and self.postgres_ca_file is None:
            raise ValueError(f"VITRINE_POSTGRES_SSLMODE={mode} needs VITRINE_POSTGRES_CA_FILE")
        encrypted = mode not in ("disable", "prefer")
        self._check_files("postgres", encrypted)
        self._check_password("POSTGRES", self.postgres_password, encrypted, [self.postgres_host])
        return self


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


# Whose word counts where both say something of a product: that of API and feeds, or that of the shop's Postgres.
Winner = Literal["api", "postgres"]


class CatalogueSettings(Settings):
    """What is said of products by API and in feeds, beside the shop's Postgres."""

    catalogue_winner: Winner = "api"
    # Whether the API carries products over as they change in the shop's Postgres; else the DAG alone does.
    catalogue_follows_postgres: bool = True
    # Google Merchant feeds, read every hour: addresses (https://…) and files.
    catalogue_feeds: CommaSeparated = ()
    catalogue_feed_timeout_seconds: float = Field(default=60, gt=0, le=3600)
    catalogue_feed_megabytes: int = Field(default=2000, ge=1)

    @field_validator("catalogue_feeds", mode="before")
    @classmethod
    def _split_feeds(cls, value: object) -> object:
        return _split(value)


class PipelineSettings(Settings):
    """What a run of orders_to_cassandra or of a feed may do unless it is told that more is intended."""

    # The share of the users, or of the products, in Cassandra that a run may remove; also of the products of a feed.
    # If it would be more, the database is more likely to be empty, or the wrong one, than the shop to have changed that
    # much.
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


class ValkeySettings(TransportSettings):
    """Where Valkey is, and how to reach it."""

    # Where aggregates of the data API are kept, such as redis://127.0.0.1:6379; without it they are made each time.
    # rediss:// is TLS.
    valkey_url: str | None = Field(default=None, pattern=r"^(rediss?|unix)://")
    # Without a user name the password is that of the user `default`.
    valkey_username: str | None = None
    valkey_password: SecretStr | None = None
    # Of whom the server's certificate must be; without it, of those that the machine trusts.
    valkey_ca_file: PemFile | None = None
    # Our own, where the server asks for one.
    valkey_certificate_file: PemFile | None = None
    valkey_key_file: PemFile | None = None

    @model_validator(mode="after")
    def _valkey_transport(self) -> Self:
        address = urlsplit(self.valkey_url or "")
        if address.password or address.username:
            raise ValueError(
                "VITRINE_VALKEY_URL: user name and password belong in VITRINE_VALKEY_USERNAME and"
                " VITRINE_VALKEY_PASSWORD"
            )
        if self.valkey_username and not self.valkey_password:
            raise ValueError("VITRINE_VALKEY_USERNAME needs VITRINE_VALKEY_PASSWORD")
        self._check_files("valkey", address.scheme == "rediss")
        # A socket is of this machine.
        hosts = [address.hostname or ""] if address.scheme == "redis" else []
        self._check_password("VALKEY", self.valkey_password, address.scheme == "rediss", hosts)
        return self


class ApiSettings(ShopDatabaseSettings, ValkeySettings):
    """What Django and its server need; DJANGO_SETTINGS_MODULE says whether development or production."""

    api_host: str = Field(default="127.0.0.1", min_length=1)
    api_port: Port = 8000
    # Processes; as many as there are cores to spare for the API.
    api_workers: int = Field(default=2, ge=1, le=64)
    # Requests that one process answers at the same time. More do not make reads faster; with fewer, requests queue up.
    api_threads: int = Field(default=4, ge=1, le=64)
    # Where the page of operations finds the watcher's metrics, such as http://127.0.0.1:9103/metrics.
    watcher_url: str | None = Field(default=None, pattern=r"^https?://")
    # Needed in production.
    django_secret_key: SecretStr | None = None
    # Signs the receipts of erasures, which without it are not signed; needed in production.
    receipt_key: SecretStr | None = None
    # Names in the Host header, without a port; needed in production.
    allowed_hosts: CommaSeparated = ()
    cors_allowed_origins: CommaSeparated = ()
    # True only behind a proxy that sets X-Forwarded-Proto itself: anybody could claim HTTPS otherwise.
    trust_forwarded_proto: bool = False
    # Proxies in front of the API, as networks such as 10.0.0.0/8: behind them, the address of a request is the last one
    # in X-Forwarded-For that is none of theirs.
    trusted_proxies: CommaSeparated = ()
    # From where the development settings answer without a key. Production always asks for one.
    development_open_to: CommaSeparated = ("127.0.0.0/8", "::1/128")
    # Whether the development settings serve the shop of storefront/ at /. Production never does.
    storefront: bool = False
    # The claim `aud` of the user tokens that the shop's server signs.
    user_token_audience: str = Field(default="vitrine", min_length=1)
    # What a request costs is its weight: 1 for most, more for long bodies and answers.
    # Of one key, which may be shared by all shoppers; a key can have a limit of its own.
    key_limit_per_minute: int = Field(default=60_000, ge=1)
    # Of one address, with a browser's key or without a key that is valid.
    address_limit_per_minute: int = Field(default=1_200, ge=1)
    # Posted views that count, in an hour, for what others are recommended; more are stored and do not count.
    # Of one product by one person.
    person_product_views_per_hour: int = Field(default=5, ge=1)
    # Of one product, and of all, from one address, with a browser's key or where no key is asked for.
    address_product_views_per_hour: int = Field(default=10, ge=1)
    address_views_per_hour: int = Field(default=2_000, ge=1)

    @field_validator("allowed_hosts", "cors_allowed_origins", "trusted_proxies", "development_open_to", mode="before")
    @classmethod
    def _split_lists(cls, value: object) -> object:
        return _split(value)

    @field_validator("trusted_proxies", "development_open_to")
    @classmethod
    def _are_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            try:
                ip_network(value)
            except ValueError as error:
                raise ValueError(f"{value!r} is not a network such as 10.0.0.0/8: {error}") from None
        return values

    @field_validator("development_open_to")
    @classmethod
    def _are_private(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not ip_network(value).is_private:
                raise ValueError(f"{value!r} is not private: whoever is there could read and delete anybody's history")
        return values

    @field_validator("receipt_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value) < 16:
            raise ValueError("must have 16 characters or more")
        return value

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
            if not re.fullmatch(ORIGIN_PATTERN, value):
                raise ValueError(
                    f"{value!r} is not an origin (scheme and host, no path), such as https://www.shop.example"
                )
        return values


class DashboardSettings(Settings):
    """Where the dashboard listens, and where its API is."""

    dashboard_host: str = Field(default="127.0.0.1", min_length=1)
    dashboard_port: Port = 8501
    dashboard_api_url: str = Field(default="http://127.0.0.1:8000/api/v1/", pattern=r"^https?://")
    # A server's key with analytics:read, history:read and recommendations:read; the development settings of the API ask
    # this machine for none.
    dashboard_api_key: SecretStr | None = None


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
    """Ports, folder and memory of the local stack (local_stack/). All servers bind to the loopback interface."""

    stack_data_folder: Path = PROJECT_FOLDER / ".local_stack"
    # Where downloaded jars are kept; shared by all stacks of this checkout.
    stack_jars_folder: Path = PROJECT_FOLDER / ".local_stack" / "jars"
    stack_kafka_port: Port = 9092
    stack_kafka_controller_port: Port = 9093
    stack_cassandra_port: Port = 9042
    stack_cassandra_storage_port: Port = 7000
    stack_cassandra_heap_mb: int = Field(default=1024, ge=256)
    stack_kafka_heap_mb: int = Field(default=384, ge=128)
    # With three of each, one may be away. Each takes a heap of its own; the second is at 127.0.0.2, and so on.
    stack_kafka_brokers: int = Field(default=1, ge=1, le=9)
    stack_cassandra_nodes: int = Field(default=1, ge=1, le=9)
    stack_postgres_port: Port = 5432
    stack_valkey_port: Port = 6379
    stack_api_port: Port = 8000
    stack_dashboard_port: Port = 8501
    stack_airflow_port: Port = 8080
    stack_view_consumer_metrics_port: Port = 9101
    stack_view_learner_metrics_port: Port = 9102
    stack_watcher_metrics_port: Port = 9103
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


def _is_this_machine(host: str) -> bool:
    """Whether the name or address is of this machine; a folder is that of a socket."""
    host = host.strip("[]").lower()
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(value: object) -> object:
    """`a, b` -> ("a", "b"); what is not text is left to the type's own check."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
