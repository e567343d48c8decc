"""A shop of catalogue and best sellers, written into Cassandra by plain CQL."""

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from cassandra.cluster import NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent_with_args

from tests.integration.api.serving import Api
from tests.integration.storage.keyspaces import row
from tests.waiting import wait_until
from vitrine.storage import ViewStore

RECOMMENDATIONS = "user_history_recommendations/"
# What is stored is to be seen within this time.
SHOWN_SECONDS = 5.0
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Shop:
    """The tables behind recommendations; the session is on their keyspace."""

    def __init__(self, session: Session, views: ViewStore, api: Api) -> None:
        self._session = session
        self._views = views
        self._api = api
        self._previous: uuid.UUID | None = None

    def clear(self) -> None:
        wait_until(self._answers, what="Cassandra does not answer")
        # Editions last: without one the catalogue is read once, and is to be found empty then.
        for table in ("best_sellers", "products", "catalogue_products", "editions"):
            self._session.execute(f"TRUNCATE {table}", timeout=120)
        self._previous = None

    def stock(self, products: Mapping[str, str], *, price: float | None = None, in_stock: bool | None = None) -> None:
        """Puts product -> category into the catalogue; each is created a day after the one before."""
        insert = self._session.prepare(
            "INSERT INTO products (productid, categoryid, created_at, price, in_stock) VALUES (?, ?, ?, ?, ?)"
        )
        decimal = None if price is None else Decimal(str(price))
        rows = [
            (*item, _FIRST_DAY + timedelta(days=day), decimal, in_stock) for day, item in enumerate(products.items())
        ]
        execute_concurrent_with_args(self._session, insert, rows)
        self._session.execute("INSERT INTO editions (name, edition) VALUES ('catalogue', now())")

    def sell(self, overall: Sequence[str], of_categories: Mapping[str, Sequence[str]], *, period: str) -> None:
        """Replaces the lists of best sellers, and removes the edition before the last."""
        edition = uuid.uuid1()
        insert = self._session.prepare(
            "INSERT INTO best_sellers (edition, scope, categoryid, products) VALUES (?, ?, ?, ?)"
        )
        rows = [(edition, "category", category, products) for category, products in of_categories.items()]
        execute_concurrent_with_args(self._session, insert, [(edition, "overall", "", overall), *rows])
        name = "INSERT INTO editions (name, edition, previous, period) VALUES ('best_sellers', %s, %s, %s)"
        before_the_last = self._session.execute("SELECT previous FROM editions WHERE name = 'best_sellers'").one()
        self._session.execute(name, (edition, self._previous, period))
        if before_the_last and before_the_last[0]:
            self._session.execute("DELETE FROM best_sellers WHERE edition = %s", before_the_last)
        self._previous = edition

    def view(self, userid: str, *products: str, days_ago: float = 0) -> None:
        """Stores a view of each, the last the newest."""
        now = time.time()
        self._views.write(
            [
                row(userid, product, at=now - days_ago * 86_400 - age, now=now)
                for age, product in enumerate(reversed(products), start=1)
            ]
        )

    def recommendations(self, userid: str, **parameters: str | int | bool) -> dict[str, Any]:
        """What is answered, without the id that each answer has of its own."""
        body = self.ask(RECOMMENDATIONS, userid, **parameters)
        assert uuid.UUID(body.pop("recommendation-id"))
        return body

    def ask(self, path: str, userid: str, **parameters: str | int | bool) -> dict[str, Any]:
        """What is answered over a new connection, so that any of the processes may be the one that answers."""
        answer = httpx.get(self._api.url + path, headers={"user-id": userid}, params=parameters, timeout=120)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def await_products(self, userid: str, expected: list[str], *, seconds: float = 120, limit: int = 50) -> None:
        """Waits until every process shows these, the first of so many."""
        deadline = time.monotonic() + seconds
        in_a_row = 0
        while in_a_row < 10:
            found = self.recommendations(userid, limit=limit)["products"]
            in_a_row = in_a_row + 1 if found == expected else 0
            assert in_a_row or time.monotonic() < deadline, found
            time.sleep(0.01)

    def _answers(self) -> bool:
        """After an outage the driver needs a moment to connect again."""
        try:
            self._session.execute("SELECT name FROM editions")
        except NoHostAvailable:
            return False
        return True
