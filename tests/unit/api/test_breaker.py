"""The breaker alone, called by several threads. With real servers: tests/integration/api/test_outages.py."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import pytest

from api.breaker import COMPLAINT_SECONDS, Breaker
from vitrine.errors import StorageUnavailableError

THREADS = 16
PAUSE = 0.25
# A thread that still waits after this long hangs.
PATIENCE = 10.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Target:
    """The two functions that the breaker calls. `gate` holds them until it is set."""

    def __init__(self) -> None:
        self.away = False
        self.unreadable: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)
        self._lock = threading.Lock()

    def ask(self, user: str) -> str:
        self._wait("calls")
        if self.away or user in self.unreadable:
            raise StorageUnavailableError(f"no answer for {user}")
        return f"{user}!"

    def probe(self) -> None:
        self._wait("probes")
        if self.away:
            raise StorageUnavailableError("no answer to the probe")

    def _wait(self, kind: str) -> None:
        with self._lock:
            self.asked[kind] += 1
        self.arrived.release()
        assert self.gate.wait(PATIENCE)

    def await_arrivals(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=PATIENCE)


class Caller:
    """Asks from other threads."""

    def __init__(self, target: Target, breaker: Breaker, pool: ThreadPoolExecutor) -> None:
        self.target = target
        self.breaker = breaker
        self._pool = pool

    def ask(self, user: str = "somebody") -> str:
        return self.breaker.call(self.target.ask, user)

    def start(self, *users: str) -> list["Future[str]"]:
        return [self._pool.submit(self.ask, user) for user in users]

    def fail(self, user: str = "somebody") -> None:
        with pytest.raises(StorageUnavailableError):
            self.ask(user)


def refused(future: "Future[str]") -> bool:
    return isinstance(future.exception(PATIENCE), StorageUnavailableError)


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def caller(target: Target, clock: Clock) -> Iterator[Caller]:
    with ThreadPoolExecutor(THREADS) as pool:
        yield Caller(target, Breaker(target.probe, pause=PAUSE, clock=clock), pool)
        target.gate.set()


def test_while_all_goes_well_nothing_is_probed(caller: Caller, target: Target) -> None:
    assert {future.result(PATIENCE) for future in caller.start(*["who"] * THREADS)} == {"who!"}
    assert target.asked == {"calls": THREADS}


def test_one_user_who_cannot_be_read_stops_nobody_else(caller: Caller, target: Target) -> None:
    target.unreadable = {"slow"}
    for _ in range(50):
        slow, *others = caller.start("slow", *(f"user-{number}" for number in range(THREADS - 1)))
        assert refused(slow)
        assert [future.result(PATIENCE) for future in others] == [f"user-{n}!" for n in range(THREADS - 1)]
    assert target.asked["calls"] == 50 * THREADS


def test_several_users_who_cannot_be_read_stop_nobody_else(caller: Caller, target: Target) -> None:
    target.unreadable = {"slow-1", "slow-2", "slow-3"}
    for user in (*target.unreadable, *target.unreadable):
        caller.fail(user)
    assert caller.ask("user-1") == "user-1!"


def test_after_one_failure_of_a_server_that_is_away_all_are_refused_at_once(caller: Caller, target: Target) -> None:
    target.away = True
    caller.fail()
    assert all(refused(future) for future in caller.start(*["who"] * 100))
    assert target.asked == {"calls": 1, "probes": 1}


def test_calls_that_come_during_the_first_probe_wait_for_its_verdict(caller: Caller, target: Target) -> None:
    target.unreadable = {"slow"}
    caller.fail("slow")
    target.await_arrivals(1)
    target.gate.clear()
    waiting = caller.start(*["who"] * THREADS)
    target.await_arrivals(1)
    assert target.asked == {"calls": 1, "probes": 1}
    target.gate.set()
    assert [future.result(PATIENCE) for future in waiting] == ["who!"] * THREADS
    assert target.asked == {"calls": 1 + THREADS, "probes": 1}


def test_calls_that_come_during_a_later_probe_are_refused_at_once(caller: Caller, target: Target, clock: Clock) -> None:
    target.away = True
    caller.fail()
    caller.fail()
    target.await_arrivals(2)
    clock.now += PAUSE
    target.gate.clear()
    (probing,) = caller.start("who")
    target.await_arrivals(1)
    assert all(refused(future) for future in caller.start(*["who"] * (THREADS - 1)))
    assert not probing.done()
    target.gate.set()
    assert refused(probing)
    assert target.asked == {"calls": 1, "probes": 2}


def test_one_call_probes_after_each_pause(caller: Caller, target: Target, clock: Clock) -> None:
    target.away = True
    caller.fail()
    for probes in range(1, 6):
        assert all(refused(future) for future in caller.start(*["who"] * THREADS))
        assert target.asked == {"calls": 1, "probes": probes}
        clock.now += PAUSE


def test_a_server_that_is_back_gets_every_call_after_the_pause(caller: Caller, target: Target, clock: Clock) -> None:
    target.away = True
    caller.fail()
    caller.fail()
    target.away = False
    caller.fail()
    clock.now += PAUSE
    assert caller.ask() == "somebody!"
    assert [future.result(PATIENCE) for future in caller.start(*["who"] * THREADS)] == ["who!"] * THREADS


def test_a_failure_counts_for_nothing_when_another_call_succeeded_meanwhile(caller: Caller, target: Target) -> None:
    target.unreadable = {"slow"}
    target.gate.clear()
    (slow,) = caller.start("slow")
    target.await_arrivals(1)
    caller.breaker.call(lambda: "answered")
    target.gate.set()
    assert refused(slow)
    target.away = True
    caller.fail()
    assert target.asked == {"calls": 2}, "no probe before a call that nothing speaks against"


def test_a_success_from_before_a_failed_call_does_not_excuse_it(caller: Caller, target: Target) -> None:
    caller.ask()
    target.away = True
    caller.fail()
    caller.fail()
    assert target.asked == {"calls": 2, "probes": 1}


def test_failures_that_come_late_refuse_nobody(caller: Caller, target: Target, clock: Clock) -> None:
    """The calls began while the server was away; others have had their answers since."""
    target.gate.clear()
    late = caller.start(*["slow"] * (THREADS - 1))
    target.await_arrivals(THREADS - 1)
    target.unreadable = {"slow"}
    target.gate.set()
    for future in late:
        assert refused(future)
        assert caller.ask("user-1") == "user-1!"
    assert clock.now == 100.0


def test_a_clock_that_stands_still_keeps_refusing_and_lets_nobody_hang(caller: Caller, target: Target) -> None:
    target.away = True
    caller.fail()
    caller.fail()
    target.away = False
    assert all(refused(future) for future in caller.start(*["who"] * 100))
    assert target.asked == {"calls": 1, "probes": 1}


@pytest.mark.parametrize("step", [-3600.0, -0.01, PAUSE, 3600.0])
def test_a_clock_that_steps_lets_the_next_call_probe(caller: Caller, target: Target, clock: Clock, step: float) -> None:
    target.away = True
    caller.fail()
    caller.fail()
    target.away = False
    clock.now += step
    assert caller.ask() == "somebody!"


def test_no_thread_is_left_behind_when_the_server_comes_and_goes(caller: Caller, target: Target, clock: Clock) -> None:
    """Real races: eight threads call as fast as they can while the server changes its mind."""
    is_over = threading.Event()

    def call_on() -> int:
        answered = 0
        while not is_over.is_set():
            clock.now += 0.01
            with suppress(StorageUnavailableError):
                caller.ask()
                answered += 1
        return answered

    with ThreadPoolExecutor(8) as pool:
        calling = [pool.submit(call_on) for _ in range(8)]
        for number in range(40):
            target.away = number % 2 == 0
            threading.Event().wait(0.002)
        target.away = False
        is_over.set()
        assert sum(future.result(PATIENCE) for future in calling) > 0
    clock.now += PAUSE
    assert [future.result(PATIENCE) for future in caller.start(*["who"] * THREADS)] == ["who!"] * THREADS


def test_an_outage_is_told_once(caller: Caller, target: Target, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for target.away in (True, True, True, False, False):
        clock.now += PAUSE
        with suppress(StorageUnavailableError):
            caller.ask()
    assert caplog.messages == ["away: no answer to the probe", "back after: no answer to the probe"]


def test_a_failure_of_one_call_is_told_once_a_minute(
    caller: Caller, target: Target, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    target.unreadable = {"slow"}
    for _ in range(3):
        for _ in range(10):
            caller.fail("slow")
            caller.ask()
        clock.now += COMPLAINT_SECONDS
    assert caplog.messages == ["a call failed, though the server answers: no answer for slow"] * 3


def test_other_errors_are_no_outage(caller: Caller, target: Target) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            caller.breaker.call(lambda: 1 / 0)
    assert caller.ask() == "somebody!"
    assert target.asked == {"calls": 1}
