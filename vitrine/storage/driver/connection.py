"""The connection to Cassandra, and the driver's errors as Vitrine's."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from cassandra import AuthenticationFailed, ConsistencyLevel, DriverException, InvalidRequest, UnresolvableContactPoints
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.connection import ConnectionException, ConnectionShutdown
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.protocol import ErrorMessage
from cassandra.query import tuple_factory

from vitrine.errors import SettingsError, StorageUnavailableError
from vitrine.settings import CassandraSettings
from vitrine.storage.driver.packed import PackedProtocol

# A page of the shop waits for a read. Nobody waits for a batch of the consumer, but the consumer must end within 5 s of
# being told to, even if Cassandra does not answer. A change of the schema takes until all nodes agree on it.
READ_TIMEOUT_SECONDS = 0.6
WRITE_TIMEOUT_SECONDS = 2.5
SCHEMA_TIMEOUT_SECONDS = 30.0
BULK_TIMEOUT_SECONDS = 20.0
CONNECT_TIMEOUT_SECONDS = 2.0
RECONNECT_SECONDS = 1.0
# A node that keeps its connections and says nothing is passed over after twice this time; the driver's own would be a
# minute, in which each request that it should coordinate fails.
HEARTBEAT_SECONDS = 5.0
WRITE_PROFILE = "write"
SCHEMA_PROFILE = "schema"
BULK_PROFILE = "bulk"

# What a node that speaks TLS does with a client that does not.
_HUNG_UP = (ConnectionResetError, ConnectionShutdown)
AWAY = (DriverException, NoHostAvailable, ConnectionException, ErrorMessage, OSError)


def connect(settings: CassandraSettings) -> Session:
    """A session without a keyspace; the caller ends it with `session.cluster.shutdown()`.

    Waits a few seconds at most. The driver itself reconnects to a node that goes away later, however long it takes.
    Raises StorageUnavailableError.
    """
    try:
        cluster = _cluster(settings)
    except UnresolvableContactPoints as error:
        names = ", ".join(settings.cassandra_contact_points)
        raise StorageUnavailableError(f"Cassandra: no address is known for {names}") from error
    try:
        with driver_errors():
            session = cluster.connect()
            session.client_protocol_handler = PackedProtocol
            return session
    except BaseException as error:
        cluster.shutdown()
        if not settings.cassandra_tls and any(isinstance(each, _HUNG_UP) for each in _causes(error.__cause__)):
            raise StorageUnavailableError(f"{error}; does it ask for TLS (VITRINE_CASSANDRA_TLS)?") from error
        raise


def _cluster(settings: CassandraSettings) -> Cluster:
    return Cluster(
        contact_points=list(settings.cassandra_contact_points),
        port=settings.cassandra_port,
        auth_provider=_auth_provider(settings),
        ssl_context=_ssl_context(settings),
        execution_profiles=_execution_profiles(settings),
        reconnection_policy=ConstantReconnectionPolicy(RECONNECT_SECONDS, max_attempts=None),
        # Version 5 adds checksums that the driver computes in Python; TCP has its own.
        protocol_version=4,
        # Without it a batch of more than one segment waits 40 ms for a delayed acknowledgement.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        control_connection_timeout=CONNECT_TIMEOUT_SECONDS,
        idle_heartbeat_interval=HEARTBEAT_SECONDS,
        idle_heartbeat_timeout=HEARTBEAT_SECONDS,
    )


@contextmanager
def driver_errors() -> Iterator[None]:
    """Maps the driver's errors that mean that Cassandra is away onto StorageUnavailableError.

    InvalidRequest passes: the server is there and refuses what it was told.
    """
    try:
        yield
    except InvalidRequest:
        raise
    except AWAY as error:
        raise StorageUnavailableError(f"Cassandra: {describe(error)}") from error


def describe(error: BaseException) -> str:
    """A driver's error in one line."""
    if isinstance(error, NoHostAvailable) and error.errors:
        return "; ".join(sorted({f"{host}: {cause}" for host, cause in error.errors.items()}))
    return str(error) or type(error).__name__


def is_refusal(error: Exception) -> bool:
    """Whether the password or a certificate is why there is no connection: waiting alone does not help."""
    return any(isinstance(each, AuthenticationFailed | ssl.SSLError) for each in _causes(error.__cause__))


def _causes(error: BaseException | None) -> list[object]:
    """What each node said."""
    return list(error.errors.values()) if isinstance(error, NoHostAvailable) else [error]


def _auth_provider(settings: CassandraSettings) -> PlainTextAuthProvider | None:
    if settings.cassandra_username is None or settings.cassandra_password is None:
        return None
    return PlainTextAuthProvider(settings.cassandra_username, settings.cassandra_password.get_secret_value())


def _ssl_context(settings: CassandraSettings) -> ssl.SSLContext | None:
    """TLS 1.2 or newer. None where the settings ask for no TLS. Raises SettingsError."""
    if not settings.cassandra_tls:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.cassandra_ca_file)
        if settings.cassandra_certificate_file:
            context.load_cert_chain(settings.cassandra_certificate_file, settings.cassandra_key_file)
    except ssl.SSLError as error:
        raise SettingsError(f"VITRINE_CASSANDRA_CA_FILE or _CERTIFICATE_FILE, _KEY_FILE: {error}") from error
    context.check_hostname = settings.cassandra_check_hostname
    return context


def _execution_profiles(settings: CassandraSettings) -> dict[object, ExecutionProfile]:
    def profile(timeout: float) -> ExecutionProfile:
        return ExecutionProfile(
            load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(settings.cassandra_local_datacenter)),
            consistency_level=ConsistencyLevel.name_to_value[settings.cassandra_consistency],
            request_timeout=timeout,
            # The default row factory builds a class for each result, about 100 µs.
            row_factory=tuple_factory,
        )

    return {
        EXEC_PROFILE_DEFAULT: profile(READ_TIMEOUT_SECONDS),
        WRITE_PROFILE: profile(WRITE_TIMEOUT_SECONDS),
        SCHEMA_PROFILE: profile(SCHEMA_TIMEOUT_SECONDS),
        BULK_PROFILE: profile(BULK_TIMEOUT_SECONDS),
    }
