"""What is said of many answers."""

from typing import Any

import httpx

from vitrine import events


def assert_problem(answer: httpx.Response, status: int, detail: str = "") -> dict[str, Any]:
    """The answer is RFC 9457's, of this status, and its detail holds the text."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert events.is_id(answer.headers["x-request-id"])
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    assert detail in body["detail"], body
    if answer.request.url.path.startswith("/api/"):
        assert answer.headers["cache-control"] == "no-store"
    return body
