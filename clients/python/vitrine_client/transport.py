"""How a request is sent, and what comes of one that is refused."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx

from vitrine_client.models import InvalidViews

Value = str | int | float | bool
Kind = TypeVar("Kind", bound=Value)


class VitrineError(Exception):
    """Whatever the API answers that is no success. That it cannot be reached is an httpx.TransportError."""


class ProblemError(VitrineError):
    """The API refuses a request, or cannot answer it now: `problem` says why.

    `problem["errors"]` is there where several events were sent. `retry_after` are seconds, where waiting helps.
    `request_id` is in the log of the server, too.
    """

    def __init__(self, problem: InvalidViews, *, request_id: str | None, retry_after: int | None) -> None:
        super().__init__(f"{problem['status']} {problem['title']}: {problem['detail']}")
        self.problem = problem
        self.status = problem["status"]
        self.request_id = request_id
        self.retry_after = retry_after


class NotModifiedError(VitrineError):
    """Nothing has changed since the answer whose ETag was given as `if_none_match`."""


class Transport:
    """A pool of connections to one API, for all threads; to be closed, or used in a `with`."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`url` is what stands before /api/v1/; `transport` is httpx's own, with retries or a proxy for example."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Value | None] | None = None,
        header: Mapping[str, str | None] | None = None,
        body: object = None,
        content: bytes | None = None,
        content_type: str | None = None,
    ) -> httpx.Response:
        answer = self._http.request(
            method,
            path,
            params=_given(query),
            headers=_given({**(header or {}), "content-type": content_type}),
            json=body,
            content=content,
        )
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            raise NotModifiedError(path)
        if not answer.is_success:
            raise _problem_error(answer)
        return answer


def quoted(value: Value) -> str:
    """A part of a path."""
    return quote(str(value), safe="")


def joined(values: Sequence[Value] | None) -> str | None:
    """A list in a query."""
    return ",".join(map(str, values)) if values else None


def _given(values: Mapping[str, Kind | None] | None) -> dict[str, Kind]:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _problem_error(answer: httpx.Response) -> ProblemError:
    seconds = answer.headers.get("retry-after", "")
    return ProblemError(
        _problem(answer),
        request_id=answer.headers.get("x-request-id"),
        retry_after=int(seconds) if seconds.isdecimal() else None,
    )


def _problem(answer: httpx.Response) -> InvalidViews:
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem: InvalidViews = answer.json()
        return problem
    # Something between us and the API has answered.
    return InvalidViews(
        type="about:blank", title=answer.reason_phrase, status=answer.status_code, detail=answer.text[:1000]
    )
