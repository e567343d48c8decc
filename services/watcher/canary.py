"""Posts a view each second, and measures until an answer shows it."""

import logging
import time
import uuid
from http import HTTPStatus
from threading import Event

import requests

from vitrine import canary
from vitrine.metrics import watcher as metrics
from vitrine.outage import Outage
from vitrine.settings import WatcherSettings

EVERY_SECONDS = 1.0
# Whoever waits longer sees no difference any more.
LATE_SECONDS = 10.0
TIMEOUT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.005

logger = logging.getLogger(__name__)


class Canary:
    """One view at a time, as a page of the shop would post it; the API's address and key are in the settings."""

    def __init__(self, settings: WatcherSettings, *, retention_seconds: float) -> None:
        self._url = settings.canary_api_url
        self._retention_seconds = retention_seconds
        self._outage = Outage("The way of a view to its answer")
        self._session = requests.Session()
        # Of the machine's proxies and logins none is meant.
        self._session.trust_env = False
        if settings.canary_api_key is not None:
            self._session.headers["Authorization"] = f"Bearer {settings.canary_api_key.get_secret_value()}"

    def run(self, stop: Event) -> None:
        """Returns when told to."""
        metrics.CANARY_SEEN.set_to_current_time()
        while not stop.is_set():
            began = time.monotonic()
            self.post_one(stop)
            stop.wait(max(0.0, began + EVERY_SECONDS - time.monotonic()))

    def post_one(self, stop: Event) -> None:
        """Posts one and waits for it, ten seconds at most; counts what came of it, and raises nothing."""
        product, began = f"canary-{uuid.uuid4()}", time.perf_counter()
        try:
            self._post(product)
        except requests.RequestException as error:
            self._count("refused", error)
            return
        while not (is_shown := self._shows(product)) and not stop.is_set():
            waited = time.perf_counter() - began
            if waited > LATE_SECONDS:
                self._count("late", f"a view does not show within {LATE_SECONDS:.0f} s")
                return
            # Asking in step with the wait: a tenth of a figure is not known, and an outage costs few requests.
            stop.wait(max(FIRST_PAUSE_SECONDS, waited / 10))
        if is_shown:
            self._note(time.perf_counter() - began)

    def _post(self, product: str) -> None:
        view = canary.view(product, now=time.time(), retention_seconds=self._retention_seconds)
        headers = {"Content-Type": "application/json"}
        answer = self._session.post(
            f"{self._url}events/", data=view, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
        if answer.status_code != HTTPStatus.ACCEPTED:
            # A redirect too: in production the API is to be called over HTTPS.
            raise requests.HTTPError(f"POST events/ is answered {answer.status_code}: {answer.text[:200]}")

    def _shows(self, product: str) -> bool:
        try:
            answer = self._session.get(
                f"{self._url}user_nav_history_latest_products/",
                params={"limit": 1},
                headers={"user-id": canary.USER},
                timeout=TIMEOUT_SECONDS,
            )
            return answer.ok and answer.json()["products"] == [product]
        except requests.RequestException:
            return False

    def _note(self, seconds: float) -> None:
        self._outage.end()
        metrics.CANARIES.labels("seen").inc()
        metrics.FRESHNESS.observe(seconds)
        metrics.LAST_FRESHNESS.set(seconds)
        metrics.CANARY_SEEN.set_to_current_time()

    def _count(self, outcome: str, reason: object) -> None:
        metrics.CANARIES.labels(outcome).inc()
        self._outage.begin(reason)
