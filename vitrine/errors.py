"""Every exception that Vitrine raises on purpose.

    VitrineError
    ├── SettingsError            a setting is missing or malformed
    ├── InvalidEventError        bytes that are not a valid event; the message is the reason
    ├── InvalidProductError      a product of the catalogue breaks a rule; the message says which field, value and rule
    ├── InvalidFeedError         a file is no feed of products, or cannot be read on; the message says where
    ├── UnavailableError         a server is away; the same call may succeed later
    │   ├── StorageUnavailableError
    │   ├── StreamUnavailableError
    │   │   └── ErasuresUnavailableError
    │   ├── ShopDatabaseUnavailableError
    │   ├── CacheUnavailableError
    │   ├── LakeUnavailableError
    │   └── FeedUnavailableError
    ├── StorageRefusedError      Cassandra does not take rows of a table, whatever is in them; a retry does not help
    ├── StreamRefusedError       Kafka does not take a record; a retry does not help
    ├── SchemaError              the schema of Cassandra or of the shop's database cannot be brought up to date
    ├── ModelFileError           a file of what was learned cannot be read or written; the message says why
    ├── EvaluationError          data to evaluate on cannot be used; the message says why
    ├── WarehouseError           the warehouse cannot be built, checked or published; the message says why
    ├── MarketSourceError        a source of market data is away, or its answer cannot be used; the message says why
    ├── NothingPublishedError    no marts have been published to Postgres yet
    ├── PipelineError            what was asked of a pipeline, or what came out of it, is not right
    ├── LakeError                something cannot be landed in the lake as it is; the message says what and why
    └── StackError               the local stack cannot start or stop; the message says what to change

Errors of drivers are mapped onto these at the edge (vitrine.storage, vitrine.streaming, vitrine.shop_database,
vitrine.valkey, vitrine.lake) and nowhere else.
"""


class VitrineError(Exception):
    """Base of everything below."""


class SettingsError(VitrineError):
    """A setting is missing or malformed."""


class InvalidEventError(VitrineError):
    """Bytes that are not a valid event; the message is the reason."""


class InvalidProductError(VitrineError):
    """A product of the catalogue breaks a rule; the message says which field, value and rule."""


class InvalidFeedError(VitrineError):
    """A file is no feed of products, or cannot be read on; the message says where."""


class UnavailableError(VitrineError):
    """A server is away; the same call may succeed later."""


class StorageUnavailableError(UnavailableError):
    """Cassandra did not answer."""


class StreamUnavailableError(UnavailableError):
    """Kafka did not answer."""


class ErasuresUnavailableError(StreamUnavailableError):
    """Kafka does not say who was erased."""


class ShopDatabaseUnavailableError(UnavailableError):
    """Postgres did not answer."""


class CacheUnavailableError(UnavailableError):
    """Valkey did not answer."""


class LakeUnavailableError(UnavailableError):
    """The folder or the bucket of the lake, or of what is to be landed in it, cannot be reached."""


class FeedUnavailableError(UnavailableError):
    """A product feed cannot be fetched."""


class StorageRefusedError(VitrineError):
    """Cassandra does not take rows of a table, whatever is in them: dropped, a column missing, no permission."""


class StreamRefusedError(VitrineError):
    """Kafka does not take a record, and will not: too large, or a topic that may not be written."""


class SchemaError(VitrineError):
    """The schema of Cassandra or of the shop's database cannot be brought up to date."""


class ModelFileError(VitrineError):
    """A file of what was learned cannot be read or written; the message says why."""


class EvaluationError(VitrineError):
    """Data to evaluate on cannot be used; the message says why."""


class MarketSourceError(VitrineError):
    """A source of market data is away, or its answer cannot be used; the message says why."""


class PipelineError(VitrineError):
    """What was asked of a pipeline, or what came out of it, is not right."""


class LakeError(VitrineError):
    """Something cannot be landed in the lake as it is."""


class WarehouseError(VitrineError):
    """The warehouse cannot be built, checked or published; the message says why."""


class NothingPublishedError(VitrineError):
    """No marts have been published to Postgres yet."""


class StackError(VitrineError):
    """The local stack cannot start or stop; the message says what to change."""
