"""The page of operations in a real browser, over the real servers."""

import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from os import environ
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from local_stack.processes import MANAGE
from local_stack.stack import LocalStack, free_ports
from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.api.serving import Api, await_ready, serving
from tests.integration.api.test_admin import LOGIN, PASSWORD, execute, sign_in
from tests.integration.api.test_watcher import watching
from tests.integration.storage.servers import stopped

PATH = "/admin/operations/"


@dataclass(frozen=True)
class Place:
    api: Api
    watcher_port: int
    login: tuple[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api.port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def place(prepared_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An API that looks for a watcher, and an admin."""
    folder, port, name = tmp_path_factory.mktemp("operations"), next(free_ports()), f"admin-{uuid.uuid4().hex}"
    login = {"VITRINE_ADMIN_USERNAME": name, "VITRINE_ADMIN_PASSWORD": PASSWORD}
    own = prepared_stack.environment() | {
        "VITRINE_MODEL_FOLDER": str(folder),
        "VITRINE_WATCHER_URL": f"http://127.0.0.1:{port}/metrics",
    }
    subprocess.run([*MANAGE, "admin_user"], env={**environ, **own, **login}, check=True, capture_output=True)
    with serving(folder, **own) as api:
        await_ready(api)
        yield Place(api, port, (name, PASSWORD))


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    """Of somebody who has signed in; it reaches this machine only."""
    with visitor(browser) as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(f"{place.url}/operations/")
        page.get_by_label("Username").fill(place.login[0])
        page.get_by_label("Password").fill(place.login[1])
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"**{PATH}")
        yield page
        assert [each for each in asked if "//127.0.0.1:" not in each] == []


def has(page: Page, part: str, text: str) -> None:
    expect(page.get_by_role("region", name=part)).to_contain_text(text)


def test_it_is_behind_the_sign_in_of_the_admin(place: Place) -> None:
    with httpx.Client(base_url=place.url, timeout=120) as visitor:
        answer = visitor.get("/operations/")
        assert (answer.status_code, answer.headers["location"]) == (302, PATH)
        answer = visitor.get(PATH)
        assert (answer.status_code, answer.headers["location"]) == (302, f"{LOGIN}?next={PATH}")


def test_a_user_who_is_no_staff_does_not_get_in(place: Place, prepared_stack: LocalStack) -> None:
    with httpx.Client(base_url=place.url, timeout=120) as visitor:
        sign_in(visitor, *place.login)
        assert visitor.get(PATH).status_code == 200
        execute(prepared_stack, "UPDATE auth_user SET is_staff = false WHERE username = %s", place.login[0])
        try:
            assert visitor.get(PATH).status_code == 302
        finally:
            execute(prepared_stack, "UPDATE auth_user SET is_staff = true WHERE username = %s", place.login[0])


def test_it_is_live(
    page: Page,
    place: Place,
    prepared_stack: LocalStack,
    consumer: Path,  # noqa: ARG001 - it has to run
    tmp_path: Path,
) -> None:
    """What happens is seen without anybody loading the page; a part whose source goes away says so, others stay."""
    for part in ("Freshness", "Lag", "Dead letters", "Runs", "Quality"):
        has(page, part, "The watcher does not answer")
    has(page, "Model", "There is no model yet")
    has(page, "Requests", "ok")
    variables = {"VITRINE_CANARY_API_URL": place.api.url}
    with watching(prepared_stack, tmp_path, port=place.watcher_port, **variables) as watcher:
        watcher.await_value(1, "vitrine_canaries_total", outcome="seen")
        has(page, "Freshness", "From POST to GET")
        has(page, "Lag", "Partition 0")
        has(page, "Runs", "Airflow's database cannot be read")
        has(page, "Quality", "Checked")
        expect(page.get_by_role("region", name="Quality")).not_to_contain_text("cannot be read")
        httpx.get(f"{place.api.url}user_history_recommendations/", headers={"user-id": "user-1"}, timeout=120)
        with stopped(prepared_stack, "kafka"):
            has(page, "Lag", "Kafka cannot be read")
            has(page, "Quality", "Checked")
            expect(page.get_by_role("region", name="Quality")).not_to_contain_text("cannot be read")
        expect(page.get_by_role("region", name="Lag")).not_to_contain_text("cannot be read")
        seen = page.get_by_role("row", name=re.compile("Canaries seen")).inner_text()
        expect(page.get_by_role("row", name=re.compile("Canaries seen"))).not_to_have_text(seen)
    has(page, "Lag", "The watcher does not answer")
