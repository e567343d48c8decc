"""Ways to break it. Each returns the moment, by `time.monotonic`, from which the system is to come back."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing

from tests.faults.system import CLUSTERED, OURS, SERVERS, System
from tests.faults.traffic import Traffic
from tests.integration.storage.servers import frozen
from tests.integration.storage.servers import killed as killed_servers
from tests.waiting import wait_until

Fault = Callable[[System, Traffic, random.Random], float]
PAUSED_SECONDS = 15.0
CUT_SECONDS = 5.0
BAD_NETWORK_SECONDS = 20.0
STORM_SECONDS = 15.0
FULL_SECONDS = 10.0
WRONG_CLOCK_SECONDS = 10.0
LATENCY_SECONDS, LOSS = 0.2, 0.05


def killed(name: str) -> Fault:
    """SIGKILL; the supervisor starts it again."""

    def fault(system: System, _: Traffic, __: random.Random) -> float:
        system.stack.kill(name)
        began = time.monotonic()
        system.stack.start(name)
        return began

    return fault


def member_killed(name: str) -> Fault:
    """Any one of three; the supervisor starts it again."""

    def fault(system: System, _: Traffic, chance: random.Random) -> float:
        system.stack.kill(f"{name}-{chance.randint(1, 3)}")
        return time.monotonic()

    return fault


def one_of_each_down(system: System, traffic: Traffic, chance: random.Random) -> float:
    """Killed, and not there for longer than it takes to be in full service without them."""
    with killed_servers(system.stack, *(f"{name}-{chance.randint(1, 3)}" for name in CLUSTERED)):
        began = time.monotonic()
        traffic.await_full_service(began)
    return began


def worker_killed(system: System, _: Traffic, __: random.Random) -> float:
    """One of the API's processes; the other ones go on."""
    system.api_worker().kill()
    return time.monotonic()


def for_a_while(seconds: float, state: Callable[[System], AbstractContextManager[None]]) -> Fault:
    """Something is so for some seconds, and then as before."""

    def fault(system: System, _: Traffic, __: random.Random) -> float:
        with state(system):
            time.sleep(seconds)
        return time.monotonic()

    return fault


def paused(name: str) -> Fault:
    """SIGSTOP: it keeps its connections, and says nothing."""
    return for_a_while(PAUSED_SECONDS, lambda system: frozen(system.stack, name))


def cut_off(name: str) -> Fault:
    """All connections to a server are dropped, and for some seconds no new ones come about."""
    return for_a_while(CUT_SECONDS, lambda system: system.proxies[name].cut())


def bad_network(name: str) -> Fault:
    """200 ms to and from a server, and one in twenty packets lost."""
    return for_a_while(
        BAD_NETWORK_SECONDS,
        lambda system: system.proxies[name].disturbed(delay_seconds=LATENCY_SECONDS, loss=LOSS),
    )


def disk_full(name: str) -> Fault:
    return for_a_while(FULL_SECONDS, lambda system: system.disk_full(name))


def wrong_clock(name: str, minutes: int) -> Fault:
    """A process that believes it is another time."""
    return for_a_while(WRONG_CLOCK_SECONDS, lambda system: system.changed(name, f"clock={minutes}"))


def consumer_killed_while_cassandra_is_cut_off(system: System, _: Traffic, __: random.Random) -> float:
    """What it has in its hands is not written, and it dies with it."""
    away = "Cassandra is away"
    said = system.says("view-consumer", away)
    with system.proxies["cassandra"].cut():
        # Only then is there a batch in its hands.
        wait_until(lambda: system.says("view-consumer", away) > said, seconds=60, what="it does not miss Cassandra")
        system.stack.kill("view-consumer")
    began = time.monotonic()
    system.stack.start("view-consumer")
    return began


def rolling_restart(system: System, _: Traffic, chance: random.Random) -> float:
    """Everything, one after the other, told to end and started again."""
    names = [*OURS, *SERVERS]
    chance.shuffle(names)
    for name in names:
        system.restart(name)
    return time.monotonic()


def rebalance_storm(system: System, _: Traffic, chance: random.Random) -> float:
    """Consumers come and go, politely or not."""
    deadline = time.monotonic() + STORM_SECONDS
    environment = system.environment() | {"VITRINE_VIEW_CONSUMER_METRICS_PORT": "0"}
    with ExitStack() as ending:
        running: list[subprocess.Popen[bytes]] = []
        while time.monotonic() < deadline:
            if len(running) < 3:
                command = [sys.executable, "-m", "services.view_consumer"]
                log = ending.enter_context((system.folder / f"storm-{time.monotonic_ns()}.log").open("wb"))
                running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
                ending.callback(running[-1].wait)
                ending.callback(running[-1].kill)
            time.sleep(chance.uniform(1, 3))
            leaving = running.pop(chance.randrange(len(running)))
            (leaving.kill if chance.random() < 0.5 else leaving.terminate)()
    return time.monotonic()


def poison(_: System, traffic: Traffic, __: random.Random) -> float:
    """Among the views are records that are none."""
    began = time.monotonic()
    traffic.poison(200)
    return began


def schema_of_cassandra(system: System, _: Traffic, __: random.Random) -> float:
    """A column comes and goes while views are written and read."""
    began = time.monotonic()
    system.alter("ALTER TABLE {}.product_views ADD passing TEXT")
    time.sleep(3)
    system.alter("ALTER TABLE {}.product_views DROP passing")
    return began


def schema_of_postgres(system: System, _: Traffic, __: random.Random) -> float:
    began = time.monotonic()
    for change in ("ADD COLUMN passing TEXT", "DROP COLUMN passing"):
        with closing(system.shop()) as shop, shop, shop.cursor() as cursor:
            cursor.execute(f"ALTER TABLE orders {change}")
        system.run("vitrine.pipelines", "orders-to-cassandra")
    return began


def scheduler_killed(system: System, _: Traffic, __: random.Random) -> float:
    """A run of the DAG that carries orders over is under way; it is done all the same."""
    run = system.trigger("orders_to_cassandra")
    system.stack.kill("airflow-scheduler")
    system.await_run("orders_to_cassandra", run)
    return time.monotonic()
