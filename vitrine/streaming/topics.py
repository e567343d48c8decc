"""The topics, and their creation."""

from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic

from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming.connection import BrokerErrors, client_configuration

CREATE_TIMEOUT_SECONDS = 10.0
_NINETY_DAYS_MS = str(90 * 86400 * 1000)
_SIX_HOURS_MS = str(6 * 3600 * 1000)


def ensure_topics(settings: KafkaSettings) -> list[str]:
    """Creates the topics that are missing; names those that it created. Raises StreamUnavailableError."""
    errors = BrokerErrors(settings)
    client = AdminClient(client_configuration(settings) | {"error_cb": errors.note})
    try:
        known = client.list_topics(timeout=CREATE_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        client.poll(0)
        raise StreamUnavailableError(f"Kafka: {errors.explain(error.args[0])}") from error
    missing = [topic for topic in _topics(settings) if topic.topic not in known]
    if not missing:
        return []
    futures = client.create_topics(missing, request_timeout=CREATE_TIMEOUT_SECONDS)
    return [name for name, future in futures.items() if _was_created(name, future)]


def kept_for(settings: KafkaSettings, topic: str) -> float | None:
    """The longest that Kafka keeps a message of a topic, in seconds; None where it keeps it for ever.

    A message goes with the file that holds it: that is closed after `segment.ms` at the latest, and removed when its
    newest message is as old as `retention.ms`. Raises StreamUnavailableError.
    """
    client = AdminClient(client_configuration(settings))
    asked = ConfigResource(ResourceType.TOPIC, topic)
    try:
        answer = client.describe_configs([asked], request_timeout=CREATE_TIMEOUT_SECONDS)[asked].result()
    except KafkaException as error:
        raise StreamUnavailableError(f"Kafka, topic {topic}: {error.args[0].str()}") from error
    retention = int(answer["retention.ms"].value)
    if retention < 0 or "delete" not in answer["cleanup.policy"].value:
        return None
    return (retention + int(answer["segment.ms"].value)) / 1000


def _topics(settings: KafkaSettings) -> list[NewTopic]:
    replication = settings.kafka_replication_factor
    # Acknowledged is what all copies but one have at least: one broker may be away, and one that is lost takes nothing
    # with it.
    in_sync = {"min.insync.replicas": str(max(1, replication - 1))}
    return [
        *(
            NewTopic(topic, settings.views_topic_partitions, replication, config=in_sync)
            for topic in (
                settings.views_topic,
                settings.shop_events_topic,
                settings.purchases_topic,
                settings.shown_topic,
            )
        ),
        NewTopic(
            settings.dead_letter_topic,
            1,
            replication,
            # Long enough for somebody to look at them. A letter is larger than its message by the headers.
            config=in_sync | {"retention.ms": _NINETY_DAYS_MS, "max.message.bytes": str(2 * 1024 * 1024)},
        ),
        NewTopic(
            settings.erasures_topic,
            1,
            replication,
            # For ever, the newest record of each erasure. One that was replaced, which names the person, goes soon.
            config=in_sync
            | {
                "cleanup.policy": "compact",
                "max.compaction.lag.ms": _SIX_HOURS_MS,
                "min.cleanable.dirty.ratio": "0.01",
            },
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
