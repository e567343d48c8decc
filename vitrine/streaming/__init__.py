"""Kafka: producing with acknowledgement, consuming in batches, dead letters. The only importer of its client."""

from vitrine.streaming.consuming import ConsumingLoop, Handler
from vitrine.streaming.dead_letters import DeadLetter, DeadLetterPublisher
from vitrine.streaming.erasures import Erasure, ErasureLog, ErasurePublisher, digest_of, read_erasures
from vitrine.streaming.group import GroupReader
from vitrine.streaming.messages import shop_event_in, view_in
from vitrine.streaming.offsets import committed_offsets, group_lag, offsets_at, topic_ends
from vitrine.streaming.own_offsets import OwnOffsetsReader
from vitrine.streaming.producing import EventToSend, Position, PurchasePublisher, ViewPublisher, position
from vitrine.streaming.settling import Fate, OpenLetter, Selection, open_letters, settle
from vitrine.streaming.shown import ShownPublisher, shown_to
from vitrine.streaming.topics import ensure_topics, kept_for

__all__ = [
    "ConsumingLoop",
    "DeadLetter",
    "DeadLetterPublisher",
    "Erasure",
    "ErasureLog",
    "ErasurePublisher",
    "EventToSend",
    "Fate",
    "GroupReader",
    "Handler",
    "OpenLetter",
    "OwnOffsetsReader",
    "Position",
    "PurchasePublisher",
    "Selection",
    "ShownPublisher",
    "ViewPublisher",
    "committed_offsets",
    "digest_of",
    "ensure_topics",
    "group_lag",
    "kept_for",
    "offsets_at",
    "open_letters",
    "position",
    "read_erasures",
    "settle",
    "shop_event_in",
    "shown_to",
    "topic_ends",
    "view_in",
]
