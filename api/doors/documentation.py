"""What the OpenAPI document says of Segment's calls."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from api.limits import BODY_BYTES_MAXIMUM, VIEWS_MAXIMUM
from api.schema import POSITIONS, POSITIONS_ANSWER, problem_response
from vitrine.doors import segment

_TEXT = {"type": ["string", "null"]}
_ID = {"type": ["string", "integer", "null"], "maxLength": 128}
_TIME = {**_TEXT, "description": "ISO 8601"}
_MESSAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {**_TEXT, "description": "Which call it is; of a message of a batch."},
        "event": {**_TEXT, "description": "Of `track`: Product Viewed, Product Added and so on."},
        "messageId": {**_TEXT, "description": "The same message with the same id and time is one event."},
        "userId": _ID,
        "previousId": {**_ID, "description": "Of `alias`: the visitor who is the user now."},
        "anonymousId": {**_ID, "description": "A random UUID is the visitor `anon-` and its 32 digits."},
        "properties": {"type": ["object", "null"]},
        "context": {"type": ["object", "null"]},
        "timestamp": _TIME,
        "sentAt": _TIME,
        "writeKey": {**_TEXT, "description": "A key, where the header Authorization has none."},
    },
}
_BATCH: dict[str, Any] = {
    "type": "object",
    "properties": {
        "batch": {"type": "array", "items": _MESSAGE, "minItems": 1, "maxItems": VIEWS_MAXIMUM},
        "sentAt": _TIME,
        "writeKey": _TEXT,
    },
    "required": ["batch"],
}
_VERDICT = {
    "type": "object",
    "properties": {
        "index": {"type": "integer", "minimum": 0},
        "messageId": _TEXT,
        "reason": {"type": "string"},
    },
    "required": ["index", "messageId", "reason"],
}
_VERDICTS: dict[str, Any] = {"type": "array", "items": _VERDICT}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "success": {"const": True},
        "accepted": {"type": "integer", "minimum": 0},
        "ignored": {**_VERDICTS, "description": "Those that tell of nothing that is kept, such as a page."},
        "positions": POSITIONS_ANSWER,
    },
    "required": ["success", "accepted", "ignored"],
}
_VIEWED = {
    "userId": "user-78",
    "event": "Product Viewed",
    "properties": {"product_id": "product-173"},
    "messageId": "7e9eb4f8-0c1a-4c3e-9f0e-0d4a4c1f0a55",
    "timestamp": "2026-11-26T12:00:00.000Z",
}
_REFUSED = {"index": 1, "messageId": None, "reason": "`properties.product_id` is missing"}

call = extend_schema(
    operation_id="segment_call",
    summary="Events in Segment's form",
    description=(
        "What Segment's and RudderStack's libraries send, by the key as write key: the user name of Basic"
        " authentication, or `writeKey` in the body. Short names of the calls are those that the library for browsers"
        " asks for. The body may be gzip, and of any content type. Each message is judged for itself: 200 says that"
        " none was refused, 400 which were, and why; what is not refused is taken. With a browser's key an event is"
        " the visitor's of `anonymousId`, unless a user token is sent for its `userId`. `identify` and `alias` join the"
        " visitor (`anonymousId`, `previousId`) to the customer, as `people/merge/` does; of traits nothing is kept."
    ),
    tags=["events"],
    parameters=[
        OpenApiParameter(
            "call",
            {
                "type": "string",
                "enum": list(segment.ADDRESSES),
            },
            OpenApiParameter.PATH,
            required=True,
            description="Which call it is.",
            examples=[OpenApiExample("track", value="track"), OpenApiExample("batch", value="batch")],
        ),
        POSITIONS,
    ],
    request={"application/json": {"anyOf": [_BATCH, _MESSAGE]}},
    examples=[
        OpenApiExample("One message", value=_VIEWED, request_only=True),
        OpenApiExample("A batch", value={"batch": [{"type": "track", **_VIEWED}]}, request_only=True),
    ],
    responses={
        200: OpenApiResponse(
            _ANSWER,
            description="None was refused. Kafka has acknowledged what was accepted.",
            examples=[
                OpenApiExample("Answer", value={"success": True, "accepted": 1, "ignored": []}, response_only=True)
            ],
        ),
        **problem_response(
            400,
            "Messages were refused, or there were none that can be read. What is not named in `errors` was taken.",
            "1 of 2 messages were refused; the others were taken.",
            errors=[_REFUSED],
        ),
        **problem_response(404, "There is no such call.", "There is nothing at /v1/tracks"),
        **problem_response(413, "Too large.", f"The body must have no more than {BODY_BYTES_MAXIMUM} bytes."),
        **problem_response(415, "Packed in another way.", "The Content-Encoding must be gzip, or none."),
        **problem_response(503, "Kafka is away, or of `identify` Cassandra.", "Kafka did not answer."),
    },
)
