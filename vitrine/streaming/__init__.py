"""Kafka: producing with acknowledgement, consuming in batches, dead letters. The only importer of its client."""

from vitrine.streaming.consuming import BatchConsumer
from vitrine.streaming.dead_letters import DeadLetter, DeadLetterPublisher
from vitrine.streaming.producing import ViewPublisher
from vitrine.streaming.topics import ensure_topics

__all__ = ["BatchConsumer", "DeadLetter", "DeadLetterPublisher", "ViewPublisher", "ensure_topics"]
