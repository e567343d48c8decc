"""What shoppers, the shop and strangers do while something is broken, and what they were answered."""

import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import psycopg2
import requests

from tests.faults.system import GONE_PRODUCT, PRODUCTS, System
from tests.waiting import wait_until

PEOPLE = 24
EACH_LOOKS_AT = 8
TIMEOUT_SECONDS = 5.0
# A view is to be seen, and learned from, within this time; that is full service. On a machine that is too busy for it,
# service is full again when it is as it was before the fault.
FRESH_SECONDS = 1.0
SLOWER = 2.0
# So many probes in a row.
STEADY = 8
BACK_WITHIN_SECONDS = 240
# An answer that says that something is away is a right answer.
DEGRADED = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}

_CATALOGUE = {GONE_PRODUCT, *(f"product-{number}" for number in range(PRODUCTS))}


class Probe(NamedTuple):
    """A view that was posted and looked for; times are those of `time.monotonic`."""

    began: float
    ended: float
    is_fresh: bool


@dataclass
class Record:
    """What was asked for and promised. Ids are those of messages."""

    attempted: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    # Partition and offset of what is no event.
    poison: set[tuple[int, int]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    # Whose erasure was accepted; and of these whose views are gone, as the receipt says.
    erased: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    orders: int = 0


class Traffic:
    """Runs beside a fault. `name` begins the ids of all its people and messages.

    An answer that says `refusal` is a right one.
    """

    def __init__(self, system: System, name: str, seed: int, *, refusal: str | None = None) -> None:
        self.record = Record()
        self.name = name
        self._system = system
        self._seed = seed
        self._refusal = refusal
        self._people = [f"{name}-person-{number}" for number in range(PEOPLE)]
        self._looked_at = {
            person: [f"product-{(number * 5 + each) % PRODUCTS}" for each in range(EACH_LOOKS_AT)]
            for number, person in enumerate(self._people)
        }
        # Somebody erased before the fault, and somebody during it; somebody who deletes a product.
        self.gone = [f"{name}-gone-{number}" for number in range(2)]
        self._tidy = f"{name}-tidy"
        self._deleted = threading.Event()
        self._fresh_seconds = BACK_WITHIN_SECONDS / SLOWER
        self._stop = threading.Event()
        self._counting = threading.Lock()
        self._number = 0

    def begin(self) -> None:
        """Returns when what came first has been stored, and the system is in full service."""
        chance = random.Random(self._seed)
        session = requests.Session()
        for person in [*self.gone, self._tidy]:
            self._post(session, [self._event(kind, person, GONE_PRODUCT) for kind in ("ProductView", "ProductAdded")])
            self._order(person, GONE_PRODUCT)
        # The order of somebody who is erased has been copied before.
        self._system.run("vitrine.pipelines", "orders-to-cassandra")
        self._erase(session, self.gone[0])
        work: list[Callable[[], None]] = [
            lambda: self._view_pages(random.Random(chance.random())),
            lambda: self._buy(random.Random(chance.random())),
            lambda: self._read(random.Random(chance.random())),
            self._probe,
        ]
        self._pool = ThreadPoolExecutor(len(work) + 1)
        self._running: list[Future[None]] = [self._pool.submit(each) for each in work]
        self.await_full_service(time.monotonic())
        usual = max(probe.ended - probe.began for probe in self.record.probes[-STEADY:])
        self._fresh_seconds = max(FRESH_SECONDS, SLOWER * usual)

    def during(self) -> None:
        """Once the fault has begun: somebody is erased, and somebody deletes a product, however long it takes."""
        self._running.append(self._pool.submit(self._ask_to_forget))

    def end(self) -> None:
        """Stops; everything that was begun has been accepted. Raises what went wrong in a thread."""
        self._stop.set()
        self._pool.shutdown()
        for running in self._running:
            running.result()

    def await_full_service(self, since: float) -> float:
        """Waits for it; returns how many seconds after `since` it was there, 0 where it never went away."""
        wait_until(
            lambda: self._steady_from(since) is not None,
            seconds=BACK_WITHIN_SECONDS,
            what=lambda: f"no full service; the last probes: {self.record.probes[-3:]}",
        )
        return max(0.0, (self._steady_from(since) or since) - since)

    def poison(self, count: int) -> None:
        """Records that are no events, as a foreign producer might send them."""
        rubbish = [
            b"",
            b"\x00\xff\xfe",
            b"null",
            b"[" * 50_000,
            b'{"event": "ProductView"}',
            b'{"event": "ProductView", "messageid": 1, "userid": null}',
            b"x" * 300_000,
            b'{"userid": "\\ud800"}',
        ]
        producer = self._system.producer()

        def note(error: Any, message: Any) -> None:  # noqa: ANN401 - confluent_kafka's
            assert error is None, error
            self.record.poison.add((message.partition(), message.offset()))

        for number in range(count):
            key = f"{self.name}-poison-{number}"
            headers: list[tuple[str, str | bytes | None]] = [
                ("request-id", b"\r\n\x00"),
                ("traceparent", b"\xff" * 100),
            ]
            producer.produce(
                self._system.kafka.views_topic, rubbish[number % len(rubbish)], key, headers=headers, on_delivery=note
            )
        assert producer.flush(60) == 0

    def replay_of(self, person: str) -> None:
        """What somebody did an hour ago comes again, as from a restored log."""
        before = datetime.fromtimestamp(time.time() - 3600, UTC)
        view = self._event("ProductView", person, GONE_PRODUCT, at=before)
        producer = self._system.producer()
        stamp = round(before.timestamp() * 1000)
        producer.produce(self._system.kafka.views_topic, json.dumps(view), person, timestamp=stamp)
        assert producer.flush(60) == 0
        self.record.attempted.pop(view["messageid"])

    def _steady_from(self, since: float) -> float | None:
        """When the probes began that are all fresh, after what failed since; None until there are enough."""
        probes = [probe for probe in self.record.probes if probe.ended > since]
        steady: list[Probe] = []
        for probe in probes:
            if not probe.is_fresh:
                steady = []
            elif len(steady) < STEADY:
                steady.append(probe)
        if len(steady) < STEADY:
            return None
        return since if steady[0] is probes[0] else steady[0].began

    def _view_pages(self, chance: random.Random) -> None:
        session = requests.Session()
        while not self._stop.wait(0.1):
            people = [chance.choice(self._people) for _ in range(chance.randint(1, 40))]
            kinds = chance.choices(["ProductView", "ProductAdded", "ProductRemoved"], [8, 2, 1], k=len(people))
            each = zip(kinds, people, strict=True)
            self._post(
                session,
                [self._event(kind, person, chance.choice(self._looked_at[person])) for kind, person in each],
            )

    def _buy(self, chance: random.Random) -> None:
        while not self._stop.wait(0.2):
            person = chance.choice(self._people)
            self._order(person, chance.choice(self._looked_at[person]))

    def _read(self, chance: random.Random) -> None:
        """Whatever is answered is true; it may be less than there is."""
        session = requests.Session()
        while not self._stop.wait(0.05):
            person = chance.choice([*self._people, *self.gone, self._tidy])
            was_deleted = person == self._tidy and self._deleted.is_set()
            was_erased = person in self.record.gone
            path = chance.choice(["user_nav_history_latest_products/"] * 4 + ["user_history_recommendations/"])
            answer = self._get(session, path, {"user-id": person})
            if answer is None:
                continue
            products = answer.get("products", [])
            if unknown := set(products) - _CATALOGUE:
                self._note(f"{person} was shown {unknown}, which nobody sells")
            if path.startswith("user_nav"):
                possible = {GONE_PRODUCT} if person not in self._looked_at else set(self._looked_at[person])
                if foreign := set(products) - possible:
                    self._note(f"{person} never viewed {foreign}")
                if products and (was_deleted or was_erased):
                    self._note(f"{person} was shown {products} after it was deleted or erased")

    def _probe(self) -> None:
        """A view each time, then answers until one shows it."""
        session = requests.Session()
        person, count = f"{self.name}-probe", 0
        while not self._stop.wait(0.05):
            count += 1
            product, began = f"product-{count % PRODUCTS}", time.monotonic()
            view = self._event("ProductView", person, product)
            is_fresh = self._try_to_post(session, [view]) and self._becomes_visible(session, person, product, began)
            self.record.probes.append(Probe(began, time.monotonic(), is_fresh))

    def _becomes_visible(self, session: requests.Session, person: str, product: str, began: float) -> bool:
        fresh_seconds = self._fresh_seconds
        is_seen = is_learned = False
        while time.monotonic() < began + fresh_seconds:
            if not is_seen:
                history = self._get(session, "user_nav_history_latest_products/", {"user-id": person}, limit=1)
                is_seen = bool(history and history["products"][:1] == [product])
            if is_seen:
                model = (self._get(session, "health/", {}) or {}).get("model")
                is_learned = isinstance(model, dict) and model["age-seconds"] < fresh_seconds
            if is_learned:
                return True
            time.sleep(0.03)
        return False

    def _ask_to_forget(self) -> None:
        session = requests.Session()
        self._erase(session, self.gone[1])
        url = f"{self._system.url}user_nav_history_latest_products/"
        headers = {"user-id": self._tidy, "product-id": GONE_PRODUCT}
        self._until(HTTPStatus.NO_CONTENT, lambda: session.delete(url, headers=headers, timeout=TIMEOUT_SECONDS))
        self._deleted.set()

    def _erase(self, session: requests.Session, person: str) -> None:
        url = f"{self._system.url}people/{person}/"
        self._until(HTTPStatus.ACCEPTED, lambda: session.delete(url, timeout=TIMEOUT_SECONDS))
        self.record.erased.add(person)
        # Where a server was away, the rest is done by the DAG `erasures`, and the receipt says so.
        receipt = self._get(session, f"people/{person}/erasure/", {}) or {}
        if any(part["name"] == "views" and part["state"] == "done" for part in receipt.get("parts", [])):
            self.record.gone.add(person)

    def _until(self, status: HTTPStatus, ask: Callable[[], requests.Response]) -> None:
        """Asks until it is answered so. An answer that was lost may have been this one: 404 is then the second."""
        deadline = time.monotonic() + BACK_WITHIN_SECONDS
        lost = False
        while time.monotonic() < deadline:
            try:
                answer = ask()
            except requests.RequestException:
                lost = True
            else:
                if answer.status_code == status or (lost and answer.status_code == HTTPStatus.NOT_FOUND):
                    return
                self._judge(answer)
            time.sleep(0.1)
        self._note(f"not {status} within {BACK_WITHIN_SECONDS} s")

    def _post(self, session: requests.Session, views: list[dict[str, Any]]) -> None:
        """A page of the shop sends what it has until somebody takes it."""
        deadline = time.monotonic() + BACK_WITHIN_SECONDS
        while not self._try_to_post(session, views):
            if time.monotonic() > deadline:
                self._note(f"views were not taken within {BACK_WITHIN_SECONDS} s")
                return
            time.sleep(0.1)

    def _try_to_post(self, session: requests.Session, views: list[dict[str, Any]]) -> bool:
        try:
            answer = session.post(f"{self._system.url}events/", json=views, timeout=TIMEOUT_SECONDS)
        except requests.RequestException:
            return False
        if answer.status_code == HTTPStatus.ACCEPTED:
            self.record.accepted.update(view["messageid"] for view in views)
            return True
        self._judge(answer)
        return False

    def _get(
        self, session: requests.Session, path: str, headers: dict[str, str], **parameters: int
    ) -> dict[str, Any] | None:
        try:
            answer = session.get(
                f"{self._system.url}{path}", headers=headers, params=parameters, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException:
            return None
        if answer.status_code in {HTTPStatus.OK, HTTPStatus.NOT_FOUND} or (
            path == "health/" and answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        ):
            with suppress(ValueError):
                return dict(answer.json())
        self._judge(answer)
        return None

    def _judge(self, answer: requests.Response) -> None:
        """What is refused says so, in the form of a problem."""
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        is_expected = self._refusal is not None and self._refusal in answer.text
        if not is_problem or not (is_expected or answer.status_code in DEGRADED):
            self._note(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:200]}")

    def _order(self, person: str, product: str) -> None:
        self.record.orders += 1
        number, at = f"{self.name}-order-{self.record.orders}", datetime.now(UTC)
        deadline = time.monotonic() + BACK_WITHIN_SECONDS
        while time.monotonic() < deadline:
            # Again after any failure: whether it was committed is not known then.
            with suppress(psycopg2.OperationalError, psycopg2.InterfaceError), closing(self._system.shop()) as shop:
                with shop, shop.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO orders (order_id, user_id, ordered_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                        (number, person, at),
                    )
                    cursor.execute(
                        "INSERT INTO order_items (order_id, product_id, quantity) VALUES (%s, %s, 1)"
                        " ON CONFLICT DO NOTHING",
                        (number, product),
                    )
                return
            time.sleep(0.2)
        self._note(f"Postgres took no order within {BACK_WITHIN_SECONDS} s")

    def _event(self, kind: str, person: str, product: str, *, at: datetime | None = None) -> dict[str, Any]:
        # Several threads count: a lost step would make two messages one.
        with self._counting:
            self._number += 1
            messageid = f"{self.name}-{self._number}"
        self.record.attempted[messageid] = person
        return {
            "event": kind,
            "messageid": messageid,
            "userid": person,
            "properties": {"productid": product},
            "context": {"source": "desktop"},
            "timestamp": (at or datetime.now(UTC)).isoformat(timespec="milliseconds"),
        }

    def _note(self, wrong: str) -> None:
        self.record.wrong.append(wrong)
