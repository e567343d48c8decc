"""Segment's HTTP API: whoever sends events to Segment, or to RudderStack, sends them here by another address."""
