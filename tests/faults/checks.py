"""What holds whatever was broken. Each check is written once and made after every scenario."""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import requests

from tests.faults.system import GONE_PRODUCT, System
from tests.faults.traffic import Traffic
from tests.integration.view_learner.learning import sums
from tests.waiting import wait_until
from vitrine.streaming import Selection, open_letters

KEY_LIMIT = 30
ASKED = 90
AT_ONCE = 16


@dataclass
class Found:
    """`problems` are sentences; none means that all holds."""

    problems: list[str]
    lost: int = 0
    doubled: int = 0
    dead: int = 0


def check(system: System, traffic: Traffic, key: str) -> Found:
    """All of them, on a system that is in full service again and has no more traffic."""
    found = Found([])
    for person in traffic.gone:
        traffic.replay_of(person)
    system.await_settled()
    for look in CHECKS:
        look(system, traffic, found)
    _limits_hold(system, key, found)
    return found


def _accepted_is_stored_or_dead(system: System, traffic: Traffic, found: Found) -> None:
    record = traffic.record
    stored = Counter(
        message
        for table in ("product_views", "shop_events")
        for user, message in system.rows(f"SELECT userid, messageid FROM {{}}.{table}")
        if message and user.startswith(traffic.name)
    )
    dead: set[str] = set()
    poison: set[tuple[int, int]] = set()
    for letter in open_letters(system.kafka, Selection()):
        poison.add((letter.origin_partition, letter.origin_offset))
        if messageid := _messageid(letter.value):
            dead.add(messageid)
    # Who was erased, and what was deleted, is not there: `_erased_stays_erased` looks at the first.
    kept = {each for each in record.accepted if record.attempted.get(each) not in record.erased}
    lost = kept - stored.keys() - dead
    lost_poison = record.poison - poison
    foreign = {each for each in stored if each not in record.attempted}
    doubled = {each for each, count in stored.items() if count > 1} | (stored.keys() & dead)
    found.lost, found.doubled, found.dead = len(lost) + len(lost_poison), len(doubled), len(dead & record.accepted)
    for what, which in (
        ("accepted and neither stored nor a dead letter", lost),
        ("no event, and no dead letter", lost_poison),
        ("stored, and never sent", foreign),
        ("stored twice, or stored and a dead letter", doubled),
    ):
        if which:
            found.problems.append(f"{len(which)} {what}, such as {next(iter(which))}")


def _nothing_wrong_was_answered(_: System, traffic: Traffic, found: Found) -> None:
    if wrong := traffic.record.wrong:
        found.problems.append(f"{len(wrong)} wrong answers, the first: {wrong[0]}")


def _orders_are_those_of_the_shop(system: System, traffic: Traffic, found: Found) -> None:
    system.run("vitrine.pipelines", "orders-to-cassandra")
    with closing(system.shop()) as shop, shop.cursor() as cursor:
        cursor.execute("SELECT user_id, ordered_at, order_id, product_id FROM orders JOIN order_items USING (order_id)")
        sold = {row for row in cursor if not _is_gone(row[0])}
    query = "SELECT userid, messagetime, orderid, productid FROM {}.order_views"
    copied = {(user, at.replace(tzinfo=UTC), *rest) for user, at, *rest in system.rows(query) if not _is_gone(user)}
    if sold != copied:
        found.problems.append(
            f"{len(sold - copied)} order lines are not copied, {len(copied - sold)} are not the shop's"
        )
    if len({row for row in copied if row[0].startswith(traffic.name)}) == 0:
        found.problems.append("no orders were made")


def _erased_stays_erased(system: System, traffic: Traffic, found: Found) -> None:
    """Although what they did has come once more out of Kafka, and the orders were copied once more."""
    # What the DAG `erasures` does every hour, for what was away when it was asked for.
    system.run("vitrine.erasing", "complete")
    if traffic.record.erased != set(traffic.gone):
        found.problems.append(f"erased are {traffic.record.erased}, not {traffic.gone}")
    for person in traffic.record.erased:
        # A row of the map of deletions alone has no message.
        views = [
            row for row in system.rows("SELECT messageid FROM {}.product_views WHERE userid = %s", person) if row[0]
        ]
        others = {
            what: len(system.rows(f"SELECT userid FROM {{}}.{table} WHERE userid = %s", person))
            for what, table in (("order lines", "order_views"), ("shop events", "shop_events"), ("products", "carts"))
        }
        if views or any(others.values()):
            counts = ", ".join(f"{count} {what}" for what, count in others.items())
            found.problems.append(f"{person} was erased: {len(views)} views, {counts} are there")


def _learned_is_rebuilt(system: System, _: Traffic, found: Found) -> None:
    """The model that learned through it all, and one made anew of what is stored."""
    # What is announced after the orders were copied is learned too.
    system.await_settled()
    with tempfile.TemporaryDirectory(dir=system.folder) as folder:
        system.run("vitrine.pipelines", "rebuild-model", VITRINE_MODEL_FOLDER=folder)
        rebuilt = sums(Path(folder) / "rebuilt")
        learned = sums(system.model)
    names = {name for name in rebuilt.keys() | learned.keys() if GONE_PRODUCT not in name}
    different = {
        name: (learned.get(name, 0.0), rebuilt.get(name, 0.0))
        for name in names
        if abs(learned.get(name, 0.0) - rebuilt.get(name, 0.0)) > 1e-3 * max(1.0, rebuilt.get(name, 0.0))
    }
    if different:
        name, (one, other) = next(iter(different.items()))
        found.problems.append(
            f"{len(different)} of {len(names)} sums differ between what was learned and what is rebuilt,"
            f" such as {name}: {one:.4f} and {other:.4f}"
        )


CHECKS: tuple[Callable[[System, Traffic, Found], None], ...] = (
    _accepted_is_stored_or_dead,
    _nothing_wrong_was_answered,
    _orders_are_those_of_the_shop,
    _erased_stays_erased,
    _learned_is_rebuilt,
)


def _limits_hold(system: System, key: str, found: Found) -> None:
    """Many at once get no more than the limit, and what has come back meanwhile."""
    session = requests.Session()
    session.headers["authorization"] = f"Bearer {key}"
    url = f"{system.url}products/trending/"
    # Each process hears of a new key by itself.
    wait_until(lambda: _status(session, url) != 401, seconds=20, what="the key is not known")
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: _status(session, url), range(ASKED)))
    allowed = KEY_LIMIT + KEY_LIMIT * (time.monotonic() - began) / 60 + 1
    if not 0 < (answered := answers.count(200)) <= allowed:
        found.problems.append(f"a key that may ask {KEY_LIMIT} times a minute was answered {answered} times")


def _status(session: requests.Session, url: str) -> int:
    with suppress(requests.RequestException):
        return session.get(url, timeout=20).status_code
    return 0


def _messageid(value: bytes | None) -> str:
    """Of an event that is in order but for its time; empty for rubbish."""
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        return str(json.loads(value or b"")["messageid"])
    return ""


def _is_gone(person: str) -> bool:
    return "-gone-" in person
