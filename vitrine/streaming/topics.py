"""The topics, and their creation."""

from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings

CREATE_TIMEOUT_SECONDS = 10.0
_NINETY_DAYS_MS = str(90 * 86400 * 1000)


def ensure_topics(settings: KafkaSettings) -> list[str]:
    """Creates the topics that are missing; names those that it created. Raises StreamUnavailableError."""
    client = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers, "log_level": 2})
    try:
        known = client.list_topics(timeout=CREATE_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise StreamUnavailableError(f"Kafka: {error.args[0].str()}") from error
    missing = [topic for topic in _topics(settings) if topic.topic not in known]
    if not missing:
        return []
    futures = client.create_topics(missing, request_timeout=CREATE_TIMEOUT_SECONDS)
    return [name for name, future in futures.items() if _was_created(name, future)]


def _topics(settings: KafkaSettings) -> list[NewTopic]:
    replication = settings.kafka_replication_factor
    return [
        NewTopic(settings.views_topic, settings.views_topic_partitions, replication),
        NewTopic(settings.purchases_topic, settings.views_topic_partitions, replication),
        NewTopic(settings.shown_topic, settings.views_topic_partitions, replication),
        NewTopic(
            settings.dead_letter_topic,
            1,
            replication,
            # Somebody has to find the time to look at them; a letter is larger than its message by the headers.
            config={"retention.ms": _NINETY_DAYS_MS, "max.message.bytes": str(2 * 1024 * 1024)},
        ),
    ]


def _was_created(name: str, future: Future[None]) -> bool:
    try:
        future.result()
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise StreamUnavailableError(f"Kafka does not create topic {name}: {error.args[0].str()}") from error
    return True
