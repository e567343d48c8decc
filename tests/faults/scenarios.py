"""Which faults there are, and what a scenario is: traffic, a fault, and the checks after it."""

import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.faults import faults
from tests.faults.checks import KEY_LIMIT, Found, check
from tests.faults.faults import Fault
from tests.faults.system import OURS, SERVERS, System
from tests.faults.traffic import Traffic


class Kind(StrEnum):
    """Which system a scenario runs on; scenarios of one kind share one."""

    PLAIN = "one of each"
    SMALL_DISKS = "on small disks"
    AIRFLOW = "with Airflow"
    THREE = "three brokers and three nodes"


@dataclass(frozen=True)
class Scenario:
    """`bound` is the longest time to full service in seconds, where one is promised."""

    name: str
    fault: Fault
    bound: float | None = None
    # In `make test`.
    is_short: bool = False
    # A system that costs more: servers on small disks, with Airflow, or three brokers and three nodes.
    on: Kind = Kind.PLAIN
    # What the API may say when it refuses a view that it would take otherwise.
    refusal: str | None = None


@dataclass(frozen=True)
class Outcome:
    """Of one run; `seconds` until full service."""

    scenario: str
    seed: int
    accepted: int
    found: Found
    seconds: float


def _scenarios() -> tuple[Scenario, ...]:
    made = [
        Scenario("API worker killed", faults.worker_killed, bound=5, is_short=True),
        Scenario("view-consumer killed", faults.killed("view-consumer"), bound=5),
        Scenario("view-learner killed", faults.killed("view-learner"), bound=5),
        Scenario(
            "view-consumer killed while cassandra is cut off",
            faults.consumer_killed_while_cassandra_is_cut_off,
            is_short=True,
        ),
        *(Scenario(f"{name} killed", faults.killed(name)) for name in ("api", *SERVERS)),
        *(Scenario(f"{name} paused for 15 s", faults.paused(name)) for name in (*OURS, *SERVERS)),
        Scenario("rolling restart of everything", faults.rolling_restart),
        *(Scenario(f"{name} cut off for 5 s", faults.cut_off(name)) for name in SERVERS),
        *(Scenario(f"200 ms and 5 % loss to {name}", faults.bad_network(name)) for name in SERVERS),
        *(
            Scenario(f"disk of {name} full", faults.disk_full(name), on=Kind.SMALL_DISKS)
            for name in ("kafka", "cassandra", "postgres")
        ),
        *(
            Scenario(
                f"clock of {name} {minutes:+} minutes",
                faults.wrong_clock(name, minutes),
                refusal="more than 5 minutes in the future" if (name, minutes) == ("api", -10) else None,
            )
            for name in OURS
            for minutes in (10, -10)
        ),
        Scenario("rebalance storm", faults.rebalance_storm),
        Scenario("200 poison messages", faults.poison, is_short=True),
        Scenario("schema change in cassandra", faults.schema_of_cassandra),
        Scenario("schema change in postgres", faults.schema_of_postgres),
        Scenario("airflow-scheduler killed", faults.scheduler_killed, on=Kind.AIRFLOW),
        Scenario("one broker of three killed", faults.member_killed("kafka"), bound=30, on=Kind.THREE),
        Scenario("one node of three killed", faults.member_killed("cassandra"), bound=30, on=Kind.THREE),
        Scenario("one broker and one node of three down", faults.one_of_each_down, bound=30, on=Kind.THREE),
    ]
    return tuple(made)


SCENARIOS = _scenarios()


@contextmanager
def system_of(kind: Kind, folder: Path) -> Iterator[System]:
    """Raises PermissionError where it needs root and has not."""
    small_disks = ("kafka", "cassandra", "postgres") if kind is Kind.SMALL_DISKS else ()
    with System.running(
        folder, with_airflow=kind is Kind.AIRFLOW, small_disks=small_disks, members=3 if kind is Kind.THREE else 1
    ) as system:
        yield system


def run(system: System, scenario: Scenario, seed: int, *, number: int = 0) -> Outcome:
    """Raises AssertionError where it does not come back at all; all else is in the outcome."""
    # The same scenario may run several times on one system.
    name = f"{re.sub('[^a-z0-9]+', '-', scenario.name.lower())}-{seed}-{number}"
    system.await_members()
    traffic = Traffic(system, name, seed, refusal=scenario.refusal)
    with ThreadPoolExecutor(1) as beside:
        key = beside.submit(system.make_key, per_minute=KEY_LIMIT)
        traffic.begin()
        try:
            traffic.during()
            since = scenario.fault(system, traffic, random.Random(seed))
            seconds = traffic.await_full_service(since)
        finally:
            traffic.end()
        found = check(system, traffic, key.result())
    accepted = len(traffic.record.accepted)
    return Outcome(scenario.name, seed, accepted, found, seconds)
