import inspect

import cassandra
import pytest
from cassandra import InvalidRequest, auth, cluster, concurrent, connection, metadata, policies, pool, protocol, query
from cassandra.cluster import NoHostAvailable

from vitrine.errors import StorageUnavailableError
from vitrine.storage.driver.connection import driver_errors

MODULES = (cassandra, auth, cluster, concurrent, connection, metadata, policies, pool, protocol, query)
# Whatever the driver defines, and not what the code under test lists.
DRIVER_ERRORS = {
    kind
    for module in MODULES
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__.partition(".")[0] == "cassandra"
}
# What a caller of ours never sees: kept within the driver, or of features that we do not use.
WITHIN_THE_DRIVER = {
    "CrcException",  # protocol version 5
    "ConnectionBusy",  # the pool takes another connection, or NoHostAvailable names it
    "DependencyException",  # other event loops
    "InternalError",
    "NoConnectionsAvailable",  # NoHostAvailable names it
    "NoMurmur3",
    "NotSupportedError",
    "ProtocolError",  # the connection is given up, and NoHostAvailable names it
    "QueryExhausted",  # paging by hand
    "TraceUnavailable",  # tracing
    "UserTypeDoesNotExist",  # user types
}
ERRORS = sorted(
    (kind for kind in DRIVER_ERRORS if kind.__name__ not in WITHIN_THE_DRIVER and not issubclass(kind, InvalidRequest)),
    key=lambda kind: kind.__name__,
)


def test_what_is_left_out_is_the_drivers_still() -> None:
    assert {kind.__name__ for kind in DRIVER_ERRORS} >= WITHIN_THE_DRIVER
    assert len(ERRORS) > 40


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_the_driver_is_an_outage(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    error.args = ("the reason",)
    if isinstance(error, protocol.ErrorMessage):
        error.code, error.message, error.info = 0, "the reason", {}
    with pytest.raises(StorageUnavailableError) as caught, driver_errors():
        raise error
    assert caught.value.__cause__ is error


def test_an_error_of_the_network_is_an_outage() -> None:
    with pytest.raises(StorageUnavailableError, match="Cassandra: refused"), driver_errors():
        raise ConnectionRefusedError("refused")


def test_a_refusal_is_none() -> None:
    with pytest.raises(InvalidRequest), driver_errors():
        raise InvalidRequest("no such column")


def test_an_error_of_ours_is_none() -> None:
    with pytest.raises(KeyError), driver_errors():
        raise KeyError("x")


def test_the_reason_is_one_line_and_not_empty() -> None:
    class MuteError(OSError):
        def __str__(self) -> str:
            return ""

    with pytest.raises(StorageUnavailableError, match=r"^Cassandra: MuteError$"), driver_errors():
        raise MuteError
    two = NoHostAvailable("nobody", {"10.0.0.2:9042": OSError("b"), "10.0.0.1:9042": OSError("a")})
    with (
        pytest.raises(StorageUnavailableError, match=r"^Cassandra: 10\.0\.0\.1:9042: a; 10\.0\.0\.2:9042: b$"),
        driver_errors(),
    ):
        raise two
