"""What a request says in its body. Everything here raises 400, 413 or 415, saying what is not right."""

from typing import TypeVar

import msgspec
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request

from api.limits import BODY_BYTES_MAXIMUM
from api.problems import RequestTooLarge

Body = TypeVar("Body")


def json_bytes(request: Request) -> bytes:
    """The bytes of a JSON body."""
    content_type = request.META.get("CONTENT_TYPE", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(content_type, "The Content-Type must be application/json.")
    return read_body(request)


def read_body(request: Request) -> bytes:
    """The bytes of a body, of a stated length or in chunks."""
    # Django reads nothing of a chunked body, as it has no stated length; the server marks where either ends.
    body: bytes = request.META["wsgi.input"].read(BODY_BYTES_MAXIMUM + 1)
    if len(body) > BODY_BYTES_MAXIMUM:
        raise RequestTooLarge(f"The body must have no more than {BODY_BYTES_MAXIMUM} bytes.")
    return body


def json_body(request: Request, of: type[Body]) -> Body:
    """The body as an object of a type that msgspec knows."""
    return decoded(json_bytes(request), of)


def decoded(body: bytes, of: type[Body]) -> Body:
    """The same of bytes that were read already."""
    try:
        return msgspec.json.decode(body, type=of)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"The body is not what is asked for: {error}") from None
