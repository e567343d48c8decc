import json
import logging
from typing import ClassVar

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from rest_framework.exceptions import APIException, NotAuthenticated, ParseError, Throttled

from api import problems
from vitrine.errors import StreamUnavailableError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ParseError("no"), 400),
        (SuspiciousOperation("no"), 400),
        (PermissionDenied("no"), 403),
        (Http404("no"), 404),
        (problems.RequestTooLarge("no"), 413),
    ],
)
def test_an_error_becomes_the_problem_of_its_status(error: Exception, status: int) -> None:
    response = problems.exception_handler(error, {})
    body = json.loads(response.content)
    assert (response.status_code, body["status"], body["detail"]) == (status, status, "no")
    assert response.headers["Content-Type"] == "application/problem+json"


class GoneError(APIException):
    status_code = 410
    headers: ClassVar = {"Link": "</api/v2/>"}


def test_the_headers_of_an_error_stay() -> None:
    challenged = NotAuthenticated()
    challenged.auth_header = "Bearer"  # type: ignore[attr-defined]  # as Django REST framework does
    for error, name, value in (
        (challenged, "WWW-Authenticate", "Bearer"),
        (Throttled(wait=2.5), "Retry-After", "3"),
        (GoneError(), "Link", "</api/v2/>"),
    ):
        response = problems.exception_handler(error, {})
        assert (response.status_code, response.headers[name]) == (error.status_code, value)


def test_a_server_that_is_away_is_worth_another_try() -> None:
    response = problems.exception_handler(StreamUnavailableError("10.0.0.7:9092 timed out"), {})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert json.loads(response.content)["detail"] == "Kafka did not answer."


def test_an_unexpected_error_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    response = problems.exception_handler(KeyError("a secret"), {})
    assert response.status_code == 500
    assert b"secret" not in response.content
    assert "a secret" in caplog.text


def test_an_error_page_is_replaced_and_its_headers_stay() -> None:
    page = HttpResponseNotAllowed(["GET"], "<html>")
    page.headers["Access-Control-Allow-Origin"] = "https://www.shop.example"
    response = problems.from_response(page, path="/x/")
    assert json.loads(response.content) == {
        "type": "about:blank",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": "The header Allow names the methods of /x/",
    }
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Content-Length"] == str(len(response.content))
    assert response.headers["Allow"] == "GET"
    assert response.headers["Access-Control-Allow-Origin"] == "https://www.shop.example"


def test_a_status_without_a_name_is_kept() -> None:
    response = problems.from_response(HttpResponse("?", status=499), path="/")
    assert (response.status_code, json.loads(response.content)["title"]) == (499, "Error")


@pytest.mark.parametrize(("level", "raised", "logged"), [(40, True, True), (40, False, False), (30, True, False)])
def test_only_what_nobody_handled_is_logged(level: int, raised: bool, logged: bool) -> None:
    error = KeyError()
    exc_info = (KeyError, error, None) if raised else None
    record = logging.LogRecord("django.request", level, "", 0, "", (), exc_info)
    assert problems.UnhandledExceptions().filter(record) is logged
