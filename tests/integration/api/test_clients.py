"""The clients of clients/: as they are generated, by the checkers of their languages, and against the real API."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path
from typing import assert_type

import httpx
import pytest
from vitrine_client import Client, NotModifiedError, ProblemError, models

from clients import FOLDER
from clients.document import served
from tests import node
from tests.integration.api.serving import Api
from tests.waiting import wait_until

PYTHON, TYPESCRIPT = FOLDER / "python", FOLDER / "typescript"
GENERATED = ("python/vitrine_client/models.py", "python/vitrine_client/client.py", "typescript/src/schema.ts")
TSC = str(TYPESCRIPT / "node_modules/typescript/bin/tsc")


def url_of(api: Api) -> str:
    return api.url.removesuffix("/api/v1/")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of somebody who has installed the TypeScript client."""
    node.npm(TYPESCRIPT, "ci", "--ignore-scripts")
    folder = tmp_path_factory.mktemp("typescript")
    package = folder / "node_modules/vitrine-client"
    node.run(TYPESCRIPT, TSC, "--outDir", str(package / "dist"))
    shutil.copy(TYPESCRIPT / "package.json", package)
    (folder / "node_modules/openapi-fetch").symlink_to(TYPESCRIPT / "node_modules/openapi-fetch")
    (folder / "node_modules/openapi-typescript-helpers").symlink_to(
        TYPESCRIPT / "node_modules/openapi-typescript-helpers"
    )
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def compiled(folder: Path, program: str) -> str:
    """The JavaScript of a program; the strict compiler has nothing to say of it."""
    options = ("--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom")
    done = node.run(folder, TSC, *options, program, check=False)
    assert done.returncode == 0, done.stdout
    return program.replace(".ts", ".js")


def test_what_is_committed_is_what_is_generated(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "clients", "--folder", str(tmp_path)]
    subprocess.run(command, cwd=FOLDER.parent, check=True, capture_output=True)
    for name in GENERATED:
        assert (tmp_path / name).read_text() == (FOLDER / name).read_text(), f"{name} is stale: make clients"


def test_each_operation_is_a_method() -> None:
    for path in served()["paths"].values():
        for operation in path.values():
            assert callable(getattr(Client, operation["operationId"]))


def test_all_have_the_version_of_the_api() -> None:
    python = tomllib.loads((PYTHON / "pyproject.toml").read_text())["project"]["version"]
    typescript = json.loads((TYPESCRIPT / "package.json").read_text())["version"]
    assert python == typescript == served()["info"]["version"]


def test_the_strict_checker_has_nothing_to_say_of_the_python_client(tmp_path: Path) -> None:
    """As it is installed: in a folder of its own, with nobody's settings."""
    shutil.copytree(PYTHON / "vitrine_client", tmp_path / "vitrine_client")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--package", "vitrine_client"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_python_client_is_a_package_with_types(tmp_path: Path) -> None:
    source = shutil.copytree(PYTHON, tmp_path / "source", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(tmp_path / "installed"), str(source)], check=True)
    assert (tmp_path / "installed/vitrine_client/py.typed").exists()


@pytest.mark.usefixtures("consumer")
def test_the_python_client_calls_the_api(api: Api) -> None:
    user = f"user-{uuid.uuid4()}"
    view = models.ProductView(
        event="ProductView",
        messageid=str(uuid.uuid4()),
        userid=user,
        properties={"productid": "product-173"},
        context={"source": "desktop"},
    )
    with Client(url_of(api), timeout=120) as shop:
        assert_type(shop.post_events([view]), models.PostEventsAnswer)
        wait_until(
            lambda: shop.latest_products(user_id=user, limit=3)["products"] == ["product-173"],
            what="the view does not show",
        )
        answer = shop.recommendations(user_id=user, limit=3, explain=True, exclude=["product-1", "product-2"])
        assert_type(answer, models.RecommendationsAnswer)
        assert answer["user-id"] == user
        assert answer["recommendation-id"]
        shop.delete_product(product_id="product-173", user_id=user)
        assert shop.latest_products(user_id=user)["products"] == []
        assert "vitrine_api" in shop.metrics()


def test_what_is_refused_is_a_problem_with_types(api: Api) -> None:
    with Client(url_of(api), timeout=120) as shop:
        with pytest.raises(ProblemError, match="400 Bad Request: The header user-id") as refused:
            shop.latest_products(user_id="two words", request_id="of-a-test")
        assert refused.value.status == refused.value.problem["status"] == 400
        assert refused.value.request_id == "of-a-test"
        # A part of a path, whatever it holds.
        with pytest.raises(ProblemError) as refused:
            shop.similar_products("../../v1/x?y")
        assert refused.value.status in {400, 404}
        with pytest.raises(ProblemError) as refused:
            shop.post_events([])
        assert refused.value.status == 400
    with Client(url_of(api), key="vt_sec_wrong", timeout=120) as shop, pytest.raises(ProblemError) as refused:
        shop.latest_products(user_id="user-1")
    assert refused.value.status == 401


def test_what_stands_between_may_answer_too() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "if-none-match" in request.headers:
            return httpx.Response(304)
        return httpx.Response(502, text="<html>", headers={"retry-after": "7"})

    with Client("http://shop.example", transport=httpx.MockTransport(answer)) as shop:
        with pytest.raises(ProblemError, match="502 Bad Gateway: <html>") as refused:
            shop.live()
        assert refused.value.retry_after == 7
        with pytest.raises(NotModifiedError):
            shop.analytics_segments(if_none_match='"an-id"')


@pytest.mark.usefixtures("consumer")
def test_the_typescript_client_calls_the_api(api: Api, built: Path) -> None:
    user = f"user-{uuid.uuid4()}"
    shutil.copy(Path(__file__).with_name("clients") / "shop.ts", built)
    done = node.run(built, compiled(built, "shop.ts"), url_of(api), user)
    answers = json.loads(done.stdout)
    assert answers.pop("recommendation")
    assert answers.pop("problem").startswith("The header user-id")
    assert answers == {
        "accepted": 1,
        "products": ["product-173"],
        # There is neither a model nor a catalogue.
        "type": "non-personalized",
        "invalid": [1],
        "unknown": 401,
    }


def test_what_the_readmes_show(api: Api, built: Path) -> None:
    python, typescript = (
        "".join(re.findall(r"^```\w+\n(.*?)^```", (folder / "README.md").read_text(), re.MULTILINE | re.DOTALL))
        for folder in (PYTHON, TYPESCRIPT)
    )
    # This machine is answered without a key.
    python = python.replace("http://localhost:8000", url_of(api)).replace(', key="SERVER_KEY"', "")
    typescript = typescript.replace("http://localhost:8000", url_of(api)).replace(", { key: 'SERVER_KEY' }", "")
    done = subprocess.run([sys.executable, "-c", python], cwd=PYTHON, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    (built / "readme.ts").write_text(typescript)
    assert node.run(built, compiled(built, "readme.ts")).stdout == "[]\n"
