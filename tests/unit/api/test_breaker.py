from collections.abc import Callable
from contextlib import suppress

import pytest

from api.breaker import Breaker
from vitrine.errors import StorageUnavailableError


class Server:
    """Answers, or not, and counts how often it was asked."""

    def __init__(self) -> None:
        self.away = False
        self.calls = 0

    def ask(self, question: str) -> str:
        self.calls += 1
        if self.away:
            raise StorageUnavailableError("Cassandra did not answer")
        return f"{question}!"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ask(server: Server, clock: Clock) -> Callable[[], str]:
    breaker = Breaker(pause=0.25, clock=clock)
    return lambda: breaker.call(server.ask, "who")


def test_an_answer_is_passed_on(ask: Callable[[], str]) -> None:
    assert ask() == "who!"


def test_a_server_that_is_away_is_spared_for_the_pause(ask: Callable[[], str], server: Server) -> None:
    server.away = True
    for _ in range(5):
        with pytest.raises(StorageUnavailableError, match="Cassandra did not answer"):
            ask()
    assert server.calls == 1


def test_after_the_pause_one_call_tries_again(ask: Callable[[], str], server: Server, clock: Clock) -> None:
    server.away = True
    with pytest.raises(StorageUnavailableError):
        ask()
    clock.now += 0.3
    for _ in range(5):
        with pytest.raises(StorageUnavailableError):
            ask()
    assert server.calls == 2


def test_a_server_that_is_back_gets_every_call(ask: Callable[[], str], server: Server, clock: Clock) -> None:
    server.away = True
    with pytest.raises(StorageUnavailableError):
        ask()
    server.away = False
    clock.now += 0.3
    assert [ask() for _ in range(5)] == ["who!"] * 5
    assert server.calls == 6


def test_an_outage_is_told_once(
    ask: Callable[[], str], server: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for server.away in (True, True, False, False):
        clock.now += 0.3
        with suppress(StorageUnavailableError):
            ask()
    assert caplog.messages == ["away: Cassandra did not answer", "back after: Cassandra did not answer"]


def test_other_errors_do_not_stop_the_calls(server: Server, clock: Clock) -> None:
    breaker = Breaker(pause=0.25, clock=clock)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            breaker.call(lambda: 1 / 0)
    assert breaker.call(server.ask, "who") == "who!"
