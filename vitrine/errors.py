"""Every exception that Vitrine raises on purpose.

    VitrineError
    ├── SettingsError            a setting is missing or malformed
    ├── InvalidEventError        bytes that are not a valid event; the message is the reason
    ├── UnavailableError         a server is away; the same call may succeed later
    │   ├── StorageUnavailableError
    │   └── StreamUnavailableError
    ├── SchemaError              the Cassandra schema cannot be brought up to date
    └── StackError               the local stack cannot start or stop; the message says what to change

Errors of drivers are mapped onto these at the edge (vitrine.storage, vitrine.streaming) and nowhere else.
"""


class VitrineError(Exception):
    """Base of everything below."""


class SettingsError(VitrineError):
    """A setting is missing or malformed."""


class InvalidEventError(VitrineError):
    """Bytes that are not a valid event; the message is the reason."""


class UnavailableError(VitrineError):
    """A server is away; the same call may succeed later."""


class StorageUnavailableError(UnavailableError):
    """Cassandra did not answer."""


class StreamUnavailableError(UnavailableError):
    """Kafka did not answer."""


class SchemaError(VitrineError):
    """The Cassandra schema cannot be brought up to date."""


class StackError(VitrineError):
    """The local stack cannot start or stop; the message says what to change."""
