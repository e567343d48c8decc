"""What a call says in its body. Everything here raises 400, 413 or 415, saying what is not right."""

import zlib
from collections.abc import Callable
from typing import TypeVar

import msgspec
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request

from api.limits import BODY_BYTES_MAXIMUM, VIEWS_MAXIMUM
from api.problems import RequestTooLarge
from api.views.bodies import decoded, read_body

Made = TypeVar("Made")

# Of the formats that zlib knows, gzip alone.
_GZIP = zlib.MAX_WBITS | 16


class Envelope(msgspec.Struct):
    """What is around messages; of a call with one message, beside what is in it."""

    writeKey: str | None = None  # noqa: N815 - as it is in the JSON
    sentAt: str | None = None  # noqa: N815
    batch: list[msgspec.Raw] | None = None


def body_of(request: Request) -> bytes:
    """The bytes of a body, of whatever content type: a page sends text/plain, which asks for no preflight."""
    return _once(request, "segment_body", lambda: _unpacked(request, read_body(request)))


def envelope_of(request: Request) -> Envelope:
    return _once(request, "segment_envelope", lambda: decoded(body_of(request), Envelope))


def messages_of(request: Request, call: str) -> list[msgspec.Raw] | list[bytes]:
    """Each message as the bytes that it came in."""
    if call != "batch":
        return [body_of(request)]
    batch = envelope_of(request).batch
    if batch is None or not 1 <= len(batch) <= VIEWS_MAXIMUM:
        raise ParseError(f"`batch` must be a list of 1 to {VIEWS_MAXIMUM} messages.")
    return batch


def _once(request: Request, name: str, make: Callable[[], Made]) -> Made:
    # The key may stand in the body: then it is read before whoever sent it is known, and once more.
    known: Made | None = getattr(request._request, name, None)
    if known is None:
        known = make()
        setattr(request._request, name, known)
    return known


def _unpacked(request: Request, body: bytes) -> bytes:
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise UnsupportedMediaType(encoding, "The Content-Encoding must be gzip, or none.")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        # A little more than is taken, however much there is in it.
        unpacked = unpacking.decompress(body, BODY_BYTES_MAXIMUM + 1)
    except zlib.error as error:
        raise ParseError(f"The body is not gzip: {error}") from None
    if len(unpacked) > BODY_BYTES_MAXIMUM:
        raise RequestTooLarge(f"The body must have no more than {BODY_BYTES_MAXIMUM} bytes, unpacked.")
    if not unpacking.eof:
        raise ParseError("The body is not gzip: it ends too early.")
    return unpacked
