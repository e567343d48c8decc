"""The live system against the evaluation: views in by Kafka, lists out by HTTP, the same lists as `evaluate` writes.

Sessions are those of RetailRocket's shoppers, laid one after another into the last hours, a user each. First the model
is frozen: the learner learns the training sessions and is stopped. Then it is streamed: each session is learned before
the next one is asked for.
"""

import csv
import gzip
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path

import httpx
import pytest

from tests.integration.api.serving import await_ready, serving
from tests.integration.view_learner.learning import Learning, View
from tests.waiting import wait_until
from vitrine.recommending import evaluate
from vitrine.recommending.replaying import Click

TRAINING, FROZEN, STREAMED = 8000, 1000, 50
LIMIT = 20
STARTED_WITHIN = 300

# A user's clicks, oldest first.
Session = Sequence[Click]


@pytest.fixture(scope="module")
def sessions(real_data: Path) -> list[list[Click]]:
    """Those of training, then those that are asked for what their last click was."""
    folder = real_data / "retailrocket"
    with gzip.open(folder / "train_sessions.txt.gz", "rt") as lines:
        training = [line.split() for line in islice(lines, TRAINING)]
    known = {product for session in training for product in session}
    asked = islice(_ending_with_something_new(_test_sessions(folder), known), FROZEN + STREAMED)
    found = [*training, *asked]
    assert len(found) == TRAINING + FROZEN + STREAMED
    clicks = sum(map(len, found))
    moments = iter(range(int(time.time()) - 60 - clicks, int(time.time()) - 60))
    return [
        [Click(f"user-{number}", product, float(next(moments))) for product in session]
        for number, session in enumerate(found)
    ]


def _test_sessions(folder: Path) -> Iterable[list[str]]:
    found: dict[str, list[str]] = {}
    with gzip.open(folder / "test_events.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["session_no"], []).append(row["item_id"])
    return found.values()


def _ending_with_something_new(sessions: Iterable[list[str]], known: set[str]) -> Iterator[list[str]]:
    """Clicks of known products, up to the last one that the session had not seen before."""
    for session in sessions:
        clicked = [product for product in session if product in known]
        while clicked and clicked[-1] in clicked[:-1]:
            clicked.pop()
        if len(clicked) > 1:
            yield clicked


def test_the_live_system_answers_what_the_evaluation_predicts(
    learning: Learning, sessions: list[list[Click]], tmp_path: Path
) -> None:
    training, frozen = sessions[:TRAINING], sessions[TRAINING:][:FROZEN]
    streamed, before = sessions[-STREAMED:], [session[:-1] for session in frozen]
    products = len({click.product for session in training for click in session})
    size = {"VITRINE_MODEL_PRODUCTS": str(max(1000, products)), "VITRINE_MODEL_NEIGHBOURS": "128"}
    with (
        learning.flow.consuming(),
        serving(tmp_path, **learning.environment() | size) as api,
        httpx.Client(base_url=api.url, timeout=120) as client,
    ):
        await_ready(api)
        live = Live(learning, client)
        with learning.learner(**size) as process:
            # Not before: it would begin with what is stored by then, in another order, and round otherwise.
            process.await_log("learning from", seconds=STARTED_WITHIN)
            live.learn(chain.from_iterable(training))
            process.terminate()
        live.send(chain.from_iterable(before))
        learning.flow.await_done(seconds=300)
        with ThreadPoolExecutor(4) as pool:
            answered = list(pool.map(live.answer, frozen))
        assert differing(answered, predicted(tmp_path / "frozen", training, frozen)) == []

        with learning.learner(**size) as process:
            live.learn([])
            answered = [live.answer_and_learn(session) for session in streamed]
            process.terminate()
        assert differing(answered, predicted(tmp_path / "streamed", [*training, *before], streamed, "--streamed")) == []


class Live:
    """A shop of which the test holds the ends: what its pages send, and what they are answered."""

    def __init__(self, learning: Learning, client: httpx.Client) -> None:
        self._learning, self._client = learning, client
        self._sent = 0

    def send(self, clicks: Iterable[Click]) -> None:
        """In one partition, so that they are learned in this order."""
        views = [View(click.user, click.product, f"m-{click.time:.0f}", click.time) for click in clicks]
        self._learning.send(views, key="one partition")
        self._sent += len(views)

    def learn(self, clicks: Iterable[Click]) -> None:
        """Sends them; waits until all that was sent is learned."""
        self.send(clicks)
        self._learning.await_learned(self._sent)

    def answer(self, session: Session) -> list[str]:
        answer = self._client.get("user_history_recommendations/", params={"limit": LIMIT}, headers=_header(session))
        assert answer.status_code == 200, answer.text
        return list(answer.json()["products"])

    def answer_and_learn(self, session: Session) -> list[str]:
        """All but the last click, the answer, the last click."""
        *before, last = session
        self.learn(before)
        expected = list(dict.fromkeys(click.product for click in reversed(before)))
        wait_until(
            lambda: self._seen(session, len(expected)) == expected,
            seconds=120,
            what=f"views of {last.user} are not seen",
        )
        answered = self.answer(session)
        self.learn([last])
        return answered

    def _seen(self, session: Session, limit: int) -> list[str]:
        path, limited = "user_nav_history_latest_products/", {"limit": min(50, limit)}
        return list(self._client.get(path, params=limited, headers=_header(session)).json()["products"])


def predicted(folder: Path, training: Sequence[Session], asked: Sequence[Session], *options: str) -> list[list[str]]:
    """What `evaluate --predictions` writes for the last click of each session."""
    folder.mkdir()
    for name, of in (("train", training), ("test", asked)):
        with gzip.open(folder / f"{name}.csv.gz", "wt") as file:
            file.write("session_id,item_id,timestamp_s\n")
            file.writelines(f"{each.user},{each.product},{each.time:.0f}\n" for session in of for each in session)
    written = folder / "predictions"
    quick = ("--no-forest", "--no-baselines")
    assert evaluate.main([str(folder), "--predictions", str(written), *quick, *options]) == 0
    items = {line["id"]: line["items"] for line in map(json.loads, written.read_text().splitlines())}
    return [items[f"s{number}:{len(session) - 1}"] for number, session in enumerate(asked)]


def differing(answered: Sequence[list[str]], expected: Sequence[list[str]]) -> list[tuple[int, list[str], list[str]]]:
    """By the number of the session, with both lists; the first three."""
    assert len(answered) == len(expected)
    both = enumerate(zip(answered, expected, strict=True))
    return [(number, *lists) for number, lists in both if lists[0] != lists[1]][:3]


def _header(session: Session) -> dict[str, str]:
    return {"user-id": session[0].user}
