import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from local_stack.stack import free_ports
from tests.waiting import wait_until
from vitrine.errors import StreamUnavailableError
from vitrine.settings import KafkaSettings
from vitrine.streaming import ensure_topics


def test_missing_topics_are_made_once(settings: KafkaSettings) -> None:
    assert sorted(ensure_topics(settings)) == sorted(settings.topics)
    assert ensure_topics(settings) == []
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
    topics = admin.list_topics(timeout=120).topics
    assert len(topics[settings.views_topic].partitions) == 2
    assert len(topics[settings.dead_letter_topic].partitions) == 1


def test_several_may_make_them_at_once(settings: KafkaSettings) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [name for names in pool.map(ensure_topics, [settings] * 4) for name in names]
    assert sorted(made) == sorted(settings.topics)


def test_a_dead_letter_has_room_for_any_message_and_its_headers(settings: KafkaSettings) -> None:
    ensure_topics(settings)
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
    limits: list[int] = []

    def are_known() -> bool:
        """A topic that was just made may not be known to whoever answers."""
        limits.clear()
        for topic in (settings.views_topic, settings.dead_letter_topic):
            resource = ConfigResource(ResourceType.TOPIC, topic)
            with suppress(KafkaException):
                limits.append(int(admin.describe_configs([resource])[resource].result()["max.message.bytes"].value))
        return len(limits) == 2

    wait_until(are_known, what="the topics are not known")
    assert limits[1] > limits[0]


def test_what_kafka_does_not_make_is_said(settings: KafkaSettings) -> None:
    with pytest.raises(StreamUnavailableError, match=r"Kafka does not create topic .*replication"):
        ensure_topics(settings.model_copy(update={"kafka_replication_factor": 3}))


def test_the_command_says_what_it_has_done(settings: KafkaSettings) -> None:
    def run(servers: str) -> tuple[int, str, str]:
        environment = {
            **os.environ,
            "VITRINE_KAFKA_BOOTSTRAP_SERVERS": servers,
            "VITRINE_VIEWS_TOPIC": settings.views_topic,
            "VITRINE_SHOP_EVENTS_TOPIC": settings.shop_events_topic,
            "VITRINE_DEAD_LETTER_TOPIC": settings.dead_letter_topic,
            "VITRINE_PURCHASES_TOPIC": settings.purchases_topic,
            "VITRINE_SHOWN_TOPIC": settings.shown_topic,
            "VITRINE_ERASURES_TOPIC": settings.erasures_topic,
        }
        command = [sys.executable, "-m", "vitrine.streaming"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    status, out, err = run(settings.kafka_bootstrap_servers)
    assert (status, err) == (0, "")
    assert sorted(out.removeprefix("created ").strip().split(", ")) == sorted(settings.topics)
    assert run(settings.kafka_bootstrap_servers) == (0, "the topics exist\n", "")
    status, out, err = run(f"127.0.0.1:{next(free_ports())}")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("vitrine.streaming: Kafka: ")
