"""Kafka: producing with acknowledgement, consuming in batches, dead letters. The only importer of its client."""

from vitrine.streaming.consuming import ConsumingLoop, Handler
from vitrine.streaming.dead_letters import DeadLetter, DeadLetterPublisher
from vitrine.streaming.group import GroupReader
from vitrine.streaming.messages import view_in
from vitrine.streaming.offsets import committed_offsets, offsets_at
from vitrine.streaming.own_offsets import OwnOffsetsReader
from vitrine.streaming.producing import PurchasePublisher, ViewPublisher
from vitrine.streaming.settling import Fate, OpenLetter, Selection, open_letters, settle
from vitrine.streaming.shown import ShownPublisher
from vitrine.streaming.topics import ensure_topics

__all__ = [
    "ConsumingLoop",
    "DeadLetter",
    "DeadLetterPublisher",
    "Fate",
    "GroupReader",
    "Handler",
    "OpenLetter",
    "OwnOffsetsReader",
    "PurchasePublisher",
    "Selection",
    "ShownPublisher",
    "ViewPublisher",
    "committed_offsets",
    "ensure_topics",
    "offsets_at",
    "open_letters",
    "settle",
    "view_in",
]
