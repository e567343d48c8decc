"""Topics of a test's own in the broker of the shared stack."""

import uuid

import pytest

from local_stack.stack import LocalStack
from vitrine.settings import KafkaSettings


@pytest.fixture
def settings(stack: LocalStack) -> KafkaSettings:
    """Two partitions; the topics do not exist yet."""
    return KafkaSettings(
        kafka_bootstrap_servers=stack.environment()["VITRINE_KAFKA_BOOTSTRAP_SERVERS"],
        views_topic=f"views-{uuid.uuid4()}",
        shop_events_topic=f"shop-events-{uuid.uuid4()}",
        dead_letter_topic=f"dead-letters-{uuid.uuid4()}",
        purchases_topic=f"purchases-{uuid.uuid4()}",
        shown_topic=f"shown-{uuid.uuid4()}",
        erasures_topic=f"erasures-{uuid.uuid4()}",
        view_consumer_group=f"group-{uuid.uuid4()}",
        views_topic_partitions=2,
    )
