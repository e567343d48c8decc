"""What every kind of answer tells a browser to refuse; the pages work all the same."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import SHOP
from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.api.serving import Api, serving
from tests.integration.api.test_server import PRODUCTION

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
PREFLIGHT = {"origin": SHOP, "access-control-request-method": "GET"}
# Method, path, headers, status: data that no browser shows as a page.
DATA: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/api/v1/health/live/", {}, 200),
    ("GET", "/api/v1/health/ready/", {}, 503),
    ("GET", "/api/v1/schema/", {}, 200),
    ("OPTIONS", "/api/v1/events/", PREFLIGHT, 200),
    ("GET", "/api/v1/user_nav_history_latest_products/", {}, 400),
    ("GET", "/api/v1/user_nav_history_latest_products/", {"user-id": "user-1"}, 503),
    ("GET", "/api/v1/user_nav_history_latest_products/", {"host": "elsewhere.example"}, 400),
    ("GET", "/api/v1/analytics/customers/user-1/", {}, 503),
    ("GET", "/api/v1/nowhere/", {}, 404),
    ("PUT", "/api/v1/events/", {}, 405),
]
PAGES: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/admin/", {}, 302),
    ("GET", "/admin/login/", {}, 200),
    ("POST", "/admin/login/", {}, 403),
    ("GET", "/static/admin/css/base.css", {}, 200),
    ("GET", "/static/nothing.css", {}, 404),
    ("GET", "/", {}, 404),
]


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Behind a proxy that says that it was called over HTTPS."""
    environment = PRODUCTION | {
        "VITRINE_ALLOWED_HOSTS": "127.0.0.1",
        "VITRINE_TRUST_FORWARDED_PROTO": "True",
        "VITRINE_POSTGRES_PORT": "1",
    }
    with serving(tmp_path_factory.mktemp("production"), **environment) as running:
        yield running


def at(api: Api, method: str, path: str, **headers: str) -> httpx.Response:
    return httpx.request(method, f"http://127.0.0.1:{api.port}{path}", headers=headers, timeout=120)


def assert_refuses(answer: httpx.Response) -> str:
    """The policy of the content."""
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    (policy,) = answer.headers.get_list("content-security-policy", split_commas=False)
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    return policy


@pytest.mark.parametrize(("method", "path", "headers", "status"), DATA)
def test_data_may_load_nothing(
    api_without_servers: Api, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = at(api_without_servers, method, path, **headers)
    assert answer.status_code == status
    assert assert_refuses(answer) == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(("method", "path", "headers", "status"), PAGES)
def test_pages_and_files_load_from_here_only(
    api_without_servers: Api, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = at(api_without_servers, method, path, **headers)
    assert answer.status_code == status
    policy = assert_refuses(answer)
    assert "script-src 'self';" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize("path", ["/api/v1/docs/", "/admin/login/"])
def test_a_browser_shows_the_page_whole(api_without_servers: Api, path: str) -> None:
    with chromium() as browser, visitor(browser) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"http://127.0.0.1:{api_without_servers.port}{path}", wait_until="networkidle")
        page.wait_for_selector(".opblock, #login-form")
        # Every browser asks for an icon; there is none.
        assert [line for line in said if not line.endswith("/favicon.ico")] == []


@pytest.mark.parametrize(("method", "path", "headers", "status"), [DATA[0], (*DATA[4][:3], 401), DATA[8], PAGES[1]])
def test_production_is_over_https_for_good(
    production: Api, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = at(production, method, path, **headers, **{"x-forwarded-proto": "https"})
    assert answer.status_code == status
    assert_refuses(answer)
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"


def test_production_sends_others_to_https(production: Api) -> None:
    answer = at(production, "GET", "/api/v1/nowhere/")
    assert (answer.status_code, answer.headers["location"]) == (
        301,
        f"https://127.0.0.1:{production.port}/api/v1/nowhere/",
    )
    assert_refuses(answer)
