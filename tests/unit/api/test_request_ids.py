import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.request_ids import HEADER, RequestIdFilter, request_id_middleware


def request(given: str | None = None) -> HttpRequest:
    made = HttpRequest()
    if given is not None:
        made.META["HTTP_X_REQUEST_ID"] = given
    return made


def logged_id() -> str | None:
    """The id that a line logged now would have."""
    record = logging.LogRecord("api", logging.INFO, "", 0, "", (), None)
    assert RequestIdFilter().filter(record) is True
    return getattr(record, "request_id", None)


def answering(view: Callable[[], object]) -> Callable[[HttpRequest], HttpResponseBase]:
    return request_id_middleware(lambda _: HttpResponse(str(view())))


@pytest.mark.parametrize(
    "given", ["a", "4bf92f3577b34da6a3ce929d0e0e4736", "7e9eb4f8-0c1a-4c3e-9f0e-0d4a4c1f0a55", "x" * 128]
)
def test_a_well_formed_id_is_taken_over(given: str) -> None:
    answer = answering(logged_id)(request(given))
    assert answer.headers[HEADER] == given
    assert isinstance(answer, HttpResponse)
    assert answer.content.decode() == given


@pytest.mark.parametrize(
    "given", [None, "", " ", "x" * 129, "a b", "a,b", "a\r\nSet-Cookie: b", "\x1b[31m", "ü", "<b>"]
)
def test_any_other_is_replaced(given: str | None) -> None:
    first, second = (answering(logged_id)(request(given)).headers[HEADER] for _ in range(2))
    assert len(first) == len(second) == 32
    assert first != second


def test_outside_a_request_there_is_none() -> None:
    answering(logged_id)(request("a"))
    assert logged_id() is None


def test_a_failure_leaves_none_behind() -> None:
    with pytest.raises(ZeroDivisionError):
        answering(lambda: 1 / 0)(request("a"))
    assert logged_id() is None


def test_threads_that_take_turns_keep_ids_apart() -> None:
    """Two threads answer many requests, each in the middle of the other's."""
    both_inside = threading.Barrier(2)

    def view() -> str:
        before = logged_id()
        both_inside.wait(10)
        assert logged_id() == before
        return str(before)

    answer = answering(view)
    with ThreadPoolExecutor(2) as pool:
        ids = [f"request-{number}" for number in range(200)]
        answers = list(pool.map(lambda each: answer(request(each)), ids))
        assert list(pool.map(lambda _: logged_id(), range(10))) == [None] * 10
    assert [each.headers[HEADER] for each in answers] == ids
    assert [each.content.decode() for each in answers if isinstance(each, HttpResponse)] == ids
