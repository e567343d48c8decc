"""Segment's and RudderStack's own libraries, unmodified, pointed at us: whole, and as docs/segment.md has it."""

import json
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests import node
from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.api.serving import Api
from tests.security.conftest import MakeKey
from tests.security.test_readme_keys import site
from tests.waiting import wait_until
from vitrine.settings import PROJECT_FOLDER

pytestmark = pytest.mark.usefixtures("consumer")

FOLDER = Path(__file__).with_name("segment")
BUNDLE = FOLDER / "node_modules/@segment/analytics-next/dist/umd/index.js"
PAGE = (PROJECT_FOLDER / "docs/segment.md").read_text()
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def in_node(script: str) -> Run:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        node.install(FOLDER)
        return node.run(FOLDER, script, *arguments)

    return run


def in_python(module: str) -> Run:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(FOLDER / "python_client.py"), module, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True)

    return run


class Seen(NamedTuple):
    """What there is of a person, by the API."""

    administrator: httpx.Client
    person: str

    def products(self) -> list[str]:
        headers = {"user-id": self.person}
        found: list[str] = self.administrator.get("user_nav_history_latest_products/", headers=headers).json()[
            "products"
        ]
        return found

    def await_products(self, *products: str) -> None:
        """Newest first."""
        wait_until(lambda: self.products() == list(products), what=lambda: f"{self.products()} are not {products}")

    def events(self) -> dict[str, Any]:
        exported = self.administrator.get(f"people/{self.person}/export/").json()
        return {each["event"]: each["properties"] for each in exported["events"]}


def assert_kept(user: Seen, anonymous: Seen) -> None:
    """What the drivers send: by whom, and nothing else."""
    # The visitor was identified: what was viewed as one is the user's too.
    wait_until(
        lambda: set(user.products()) == {"product-1", "product-2"},
        what=lambda: f"products of the user: {user.products()}",
    )
    anonymous.await_products("product-2")
    wait_until(lambda: len(user.events()) == 3, what=lambda: str(user.events()))
    events = user.events()
    assert events["ProductAdded"] == {"productid": "product-1", "quantity": 2, "price": 9.9}
    assert events["OrderCompleted"] == {
        "orderid": "order-1",
        "products": [
            {"productid": "product-1", "quantity": 2, "price": 9.9},
            {"productid": "product-2", "quantity": 1, "price": 10.0},
        ],
    }
    assert events["Searched"] == {"query": "red shoes"}


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(in_node("analytics_node.mjs"), id="segment for Node"),
        pytest.param(in_node("rudder_node.mjs"), id="RudderStack for Node"),
        pytest.param(in_python("segment.analytics.client"), id="Segment for Python"),
        pytest.param(in_python("rudderstack.analytics.client"), id="RudderStack for Python"),
    ],
)
def test_a_library_of_a_server(closed_api: Api, administrator: httpx.Client, make_key: MakeKey, run: Run) -> None:
    person, anonymous = f"person-{uuid.uuid4()}", uuid.uuid4()
    url = closed_api.url.removesuffix("/api/v1/")
    done = run(url, make_key("views:write"), person, str(anonymous))
    # That some were refused is said to whoever listens to errors.
    errors = json.loads(done.stdout.splitlines()[-1])["errors"]
    assert errors
    assert all("400" in str(error) for error in errors)
    assert_kept(Seen(administrator, person), Seen(administrator, f"anon-{anonymous.hex}"))


def test_the_library_of_a_page(closed_api: Api, administrator: httpx.Client, make_key: MakeKey, tmp_path: Path) -> None:
    url = closed_api.url.removesuffix("/api/v1/")
    node.install(FOLDER)
    shutil.copy(BUNDLE, tmp_path / "analytics-next.js")
    for name in ("analytics_next.html", "events.mjs"):
        shutil.copy(FOLDER / name, tmp_path)
    with site(tmp_path) as origin, chromium() as browser, visitor(browser) as context:
        key = make_key("views:write", kind="pub", origins=[origin])
        page = context.new_page()
        page.goto(f"{origin}/analytics_next.html?baseUrl={url}&writeKey={key}")
        page.wait_for_function("document.title === 'done'")
        errors = json.loads(str(page.text_content("body")))["errors"]
        assert [each["event"] for each in errors] == ["Signed Up", "Product Viewed"]
        anonymous = page.evaluate("JSON.parse(localStorage.getItem('ajs_anonymous_id'))")
    shopper = Seen(administrator, f"anon-{anonymous.replace('-', '')}")
    shopper.await_products("product-1", "product-2")
    wait_until(lambda: len(shopper.events()) == 3, what=lambda: str(shopper.events()))


@pytest.mark.parametrize("number", range(4))
def test_each_program_of_the_page(
    closed_api: Api, administrator: httpx.Client, make_key: MakeKey, tmp_path: Path, number: int
) -> None:
    blocks = re.findall(r"^```(js|python)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    language, program = [each for each in blocks if "SERVER_KEY" in each[1]][number]
    person, url = f"person-{uuid.uuid4()}", closed_api.url.removesuffix("/api/v1/")
    for stands, meant in {
        "http://localhost:8000": url,
        "SERVER_KEY": make_key("views:write"),
        "user-78": person,
    }.items():
        assert stands in program
        program = program.replace(stands, meant)
    if language == "js":
        node.install(FOLDER)
        (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
        (tmp_path / "program.mjs").write_text(program)
        done = node.run(tmp_path, "program.mjs")
    else:
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
    Seen(administrator, person).await_products("product-173")


def test_the_script_of_the_page(
    closed_api: Api, administrator: httpx.Client, make_key: MakeKey, tmp_path: Path
) -> None:
    (script,) = re.findall(r"^```html\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (line,) = re.findall(r"^```js\n(const visitor = .*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    node.install(FOLDER)
    shutil.copy(BUNDLE, tmp_path / "analytics-next.js")
    host = closed_api.url.removesuffix("/api/v1/").removeprefix("http://")
    with site(tmp_path) as origin, chromium() as browser, visitor(browser) as context:
        key = make_key("views:write", kind="pub", origins=[origin])
        written = script.replace("localhost:8000", host).replace("BROWSER_KEY", key)
        (tmp_path / "shop.html").write_text(f"<!doctype html>{written}")
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        with page.expect_response(lambda answer: answer.url.endswith("/v1/t")) as answer:
            page.goto(f"{origin}/shop.html")
        assert answer.value.status == 200
        shopper = page.evaluate(f"(async () => {{ {line}; return visitor }})()")
        # Nothing to Segment, nor to anybody else.
        assert [each for each in asked if not each.startswith((origin, f"http://{host}"))] == []
    Seen(administrator, shopper).await_products("product-173")


def test_what_the_page_shows_is_what_is_answered(closed_api: Api, make_key: MakeKey) -> None:
    command, shown = re.findall(r"^\$ curl -u SERVER_KEY: -d '(.*?)' \S+\n(.*)$", PAGE, re.MULTILINE)[0]
    url, key = closed_api.url.replace("/api/v1/", "/v1/batch"), make_key("views:write")
    answer = httpx.post(url, content=command, auth=(key, ""), timeout=120)
    assert answer.json() == json.loads(shown)
