"""A shop connected in the order that README's "ten minutes" gives, each block taken literally; how long it takes."""

import re
import shlex
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.end_to_end.clone import Clone
from tests.integration.airflow.chromium import chromium, visitor
from tests.security.test_readme_keys import site
from tests.waiting import wait_until
from vitrine.settings import PROJECT_FOLDER

SECTION = (
    (PROJECT_FOLDER / "README.md").read_text().partition("\n## Your shop in ten minutes\n")[2].partition("\n## ")[0]
)
# The language of each block, and what is in it.
BLOCKS = re.findall(r"^```([a-z]+)\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)


@pytest.fixture
def _sample_shop_alone(clone: Clone, shown: str) -> Iterator[None]:  # noqa: ARG001 - the stack is up
    """The other tests are of it: what this one sells is taken out again."""
    yield
    sold = [line.partition(",")[0] for line in BLOCKS[1][1].splitlines()[1:]]
    httpx.request("DELETE", f"{api_of(clone)}/api/v1/catalogue/products/", json=sold, timeout=120).raise_for_status()


@pytest.mark.usefixtures("_sample_shop_alone")
def test_a_shop_is_connected(clone: Clone, record_property: Callable[[str, object], None]) -> None:
    started = time.monotonic()
    keys, products, carry_over, page, make_pages, ask = (text for _, text in BLOCKS)
    assert [language for language, _ in BLOCKS] == ["sh", "csv", "sh", "html", "sh", "sh"]
    shop = clone.folder / "my-shop"
    shop.mkdir()
    with site(shop) as origin, chromium() as browser, visitor(browser) as context:
        server_key, browser_key = re.findall(
            r"^vt_[\w-]+$", here(clone, f'{keys}echo "$SERVER_KEY"\necho "$BROWSER_KEY"\n', origin), re.MULTILINE
        )
        (clone.folder / "my-products.csv").write_text(products)
        here(clone, carry_over, origin)
        (shop / "brass-lamp.html").write_text(page.replace("http://localhost:8000", api_of(clone)))
        # The pages are served already, at a port that was free.
        made, served, _ = make_pages.partition("python3 -m http.server 9000")
        assert served
        here(clone, f"BROWSER_KEY={browser_key}\n{made}", origin)

        opened = context.new_page()
        for product in ("brass-lamp", "oak-chair"):
            opened.goto(f"{origin}/{product}.html")
            visitor_id = opened.evaluate("vitrine.visitor()")
            wait_until(lambda: last_viewed(clone, visitor_id) == product, what=f"{product} is not in the history")  # noqa: B023
        url, headers = asked(ask, clone, server_key)
        wait_until(lambda: similar(url, headers)["products"] == ["oak-chair"], what="the chair does not go with it")
        opened.goto(f"{origin}/brass-lamp.html")
        expect(opened.locator("[data-vitrine-recommendations] li").first).to_have_text("oak-chair")
        seconds = time.monotonic() - started

    answer = similar(url, headers)
    assert answer["details"][0]["title"] == "An oak chair"
    assert answer["explanations"][0]["reason"] == "viewed together with brass-lamp"
    took = f"{seconds:.0f} s after `make up`, which took {clone.seconds['up']:.0f} s"
    record_property("A shop connected", took)


def here(clone: Clone, script: str, origin: str) -> str:
    """What the lines print, in the clone; its addresses in place of the usual ones."""
    script = script.replace("http://localhost:9000", origin)
    return clone.run(f"bash -euc {shlex.quote(script)}")


def api_of(clone: Clone) -> str:
    return f"http://localhost:{clone.settings.stack_api_port}"


def last_viewed(clone: Clone, visitor_id: str) -> str:
    url = f"{api_of(clone)}/api/v1/user_nav_history_latest_products/"
    products = httpx.get(url, headers={"user-id": visitor_id}, timeout=120).raise_for_status().json()["products"]
    return str(products[0]) if products else ""


def similar(url: str, headers: dict[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(url, headers=headers, timeout=120).raise_for_status().json()
    return answer


def asked(command: str, clone: Clone, key: str) -> tuple[str, dict[str, str]]:
    """What curl would ask for: a bare machine has none."""
    _, option, header, url = shlex.split(command.replace("$SERVER_KEY", key))
    assert option == "-H"
    name, value = header.split(": ")
    return url.replace("http://localhost:8000", api_of(clone)), {name: value}
