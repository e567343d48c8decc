"""A typed client of Vitrine's API: `Client` has a method for each operation, `models` what they take and give."""

from vitrine_client.client import Client
from vitrine_client.transport import NotModifiedError, ProblemError, VitrineError

__all__ = ["Client", "NotModifiedError", "ProblemError", "VitrineError"]
