"""What README says of keys, done as it says: its commands, the shop's server, the page in a browser."""

import http.server
import re
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.api.serving import Api
from tests.security.conftest import Manage, await_everywhere, await_known, bearer, whichever
from vitrine.settings import PROJECT_FOLDER

SECTION = (PROJECT_FOLDER / "README.md").read_text().partition("\n## Keys\n")[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """The shop's pages; gives their origin."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def signed_token(tmp_path: Path, manage: Manage, closed_api: Api) -> str:
    """A key pair, its public half handed over, and what the ten lines sign for user-1."""
    make_pair, hand_over = blocks("sh")[1].strip().splitlines()
    subprocess.run(shlex.split(make_pair), cwd=tmp_path, check=True, capture_output=True)
    openssl, words = hand_over.split(" | .venv/bin/python manage.py ")
    public = subprocess.run(shlex.split(openssl), cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    added = manage(*shlex.split(words), given=public)
    assert added.returncode == 0, added.stderr
    (lines,) = blocks("python")
    (tmp_path / "shop.py").write_text(f"{lines}\nprint(user_token('user-1'), end='')\n")
    python = str(PROJECT_FOLDER / ".venv/bin/python")
    token = subprocess.run([python, "shop.py"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    address = f"{closed_api.url}products/trending/"
    await_everywhere(lambda: "A key is missing" in whichever.get(address, headers={"user-token": token}).text)
    return token


def test_a_server_asks_with_a_key(manage: Manage, closed_api: Api) -> None:
    make, _, ask = blocks("sh")[0].strip().splitlines()
    key = manage(*shlex.split(make.removeprefix(".venv/bin/python manage.py "))).stdout.strip()
    await_known(closed_api, key)
    headers = dict(re.findall(r"-H [\"'](.+?): (.+?)[\"']", ask.replace("$SERVER_KEY", key)))
    assert headers == {"Authorization": f"Bearer {key}", "user-id": "user-1"}
    url = ask.split()[-1].replace("http://localhost:8000/api/v1/", closed_api.url)
    assert whichever.get(url, headers=headers).json()["type"] == "personalized"
    assert whichever.get(url, headers={"user-id": "user-1"}).status_code == 401


def test_a_page_asks_with_a_token(tmp_path: Path, manage: Manage, closed_api: Api, signed_token: str) -> None:
    _, make, _ = blocks("sh")[0].strip().splitlines()
    (page,) = blocks("html")
    with site(tmp_path) as origin, chromium() as browser, visitor(browser) as context:
        words = make.removeprefix(".venv/bin/python manage.py ").replace("https://www.shop.example", origin)
        key = manage(*shlex.split(words)).stdout.strip()
        assert key.startswith("vt_pub_")
        await_known(closed_api, key)
        written = page.replace("http://localhost:8000/api/v1/", closed_api.url).replace("BROWSER_KEY", key)
        (tmp_path / "shop.html").write_text(written.replace("USER_TOKEN", signed_token))
        # What a stranger would make of it: the same page with somebody else's id.
        (tmp_path / "thief.html").write_text(
            written.replace("USER_TOKEN", signed_token).replace('userId = "user-1"', 'userId = "user-2"')
        )
        opened = context.new_page()
        for name, expected in (("shop", 200), ("thief", 403)):
            with opened.expect_response(lambda answer: "user_history_recommendations" in answer.url) as answer:
                opened.goto(f"{origin}/{name}.html")
            assert answer.value.status == expected
    headers = bearer(key, user_id="user-1", user_token=signed_token, origin="https://elsewhere.example")
    assert whichever.get(f"{closed_api.url}user_history_recommendations/", headers=headers).status_code == 403
