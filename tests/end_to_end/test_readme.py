"""What README tells a newcomer, done in a fresh clone in an empty folder, and beside what README shows."""

import re
import shlex
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import psutil
import pytest

from tests.curl import curl, examples
from tests.end_to_end.clone import Clone
from tests.waiting import wait_until
from vitrine.settings import PROJECT_FOLDER

README = (PROJECT_FOLDER / "README.md").read_text()
MAKEFILE = (PROJECT_FOLDER / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
# Each command of README with what it prints there.
EXAMPLES = examples(README)
# Of the data API, which answers once something was published: test_analytics.py has their tests.
ANALYTICS = "/api/v1/analytics/"
# The first test waits for `make up` in the clone, the last one calls it again.


def test_make_up_prints_what_the_readme_shows(clone: Clone, shown: str) -> None:
    real = shown.replace(str(clone.folder.parent), "…").splitlines()
    # The jars are there already. What starts at once becomes healthy in any order.
    expected = [line for line in EXAMPLES["make up"].splitlines() if not line.startswith(("Fetching ", "100%"))]
    assert sorted(map(without_numbers, real)) == sorted(map(without_numbers, expected))


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("command", [each for each in EXAMPLES if each.startswith("curl ") and ANALYTICS not in each])
def test_the_api_answers_what_the_readme_shows(clone: Clone, command: str) -> None:
    expected = EXAMPLES[command]
    # Which products they are, and how often they were viewed, depends on the day.
    compared = without_numbers if '"product' in expected and '"productid"' not in expected else str
    port = clone.settings.stack_api_port
    with suppress(AssertionError):  # sample views flow in one by one
        wait_for_api(lambda: compared(curl(command, port=port)) == compared(expected), "another answer")
    assert compared(curl(command, port=port)) == compared(expected)


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("command", [command for command in EXAMPLES if command.startswith(".venv/bin/python ")])
def test_a_command_prints_what_the_readme_shows(clone: Clone, command: str) -> None:
    compared = without_numbers if "vitrine.pipelines" in command else str
    assert compared(clone.run(of_last_month(command)).strip()) == compared(EXAMPLES[command])


def test_every_example_of_the_readme_is_tried() -> None:
    assert {command.split()[0] for command in EXAMPLES} == {"make", "curl", ".venv/bin/python"}
    assert [command for command in EXAMPLES if command.startswith("make ")] == ["make up"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|\$ )make ([a-z-]+)", README))))
def test_each_target_that_the_readme_names_is_one_of_the_makefile(target: str) -> None:
    assert target in TARGETS


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_each_target_of_the_makefile_is_named_in_the_readme(target: str) -> None:
    assert re.search(rf"(?:`|\$ )make {target}(?![a-z-])", README)


def test_every_folder_has_a_row_in_the_readme() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True)
    folders = {path.partition("/")[0] for path in tracked.stdout.splitlines() if "/" in path}
    named = {path for row in re.findall(r"^\| (`.*?) \|", README, re.MULTILINE) for path in re.findall(r"`(.+?)`", row)}
    paths = {path for path in named if path.endswith("/") or "." in path}
    assert folders - {path.partition("/")[0] for path in paths} == {".ci"}
    assert [path for path in paths if not (PROJECT_FOLDER / path).exists()] == []


@pytest.mark.parametrize(
    "module",
    sorted(set(re.findall(r"python -m ((?:services|test_data_generator|local_stack|vitrine)[a-z_.]*)", README))),
)
def test_each_module_that_the_readme_names_explains_itself(module: str) -> None:
    python = PROJECT_FOLDER / ".venv/bin/python"
    done = subprocess.run([str(python), "-m", module, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_what_is_killed_comes_back_and_down_ends_it_all(clone: Clone, shown: str) -> None:
    """The last of these tests: it removes the stack."""
    assert get_what_curl_would(shown)
    assert httpx.get(f"{airflow_url(shown)}/auth/login/").is_success
    assert clone.make("up").startswith("The stack is up already.")
    assert set(clone.states().values()) == {"RUNNING"}
    assert "http://localhost:" in clone.make("status")

    kill_process_of(clone, "api")
    kill_process_of(clone, "services.view_consumer")
    wait_for_api(lambda: get_what_curl_would(shown), "there are no products")
    wait_for_api(lambda: set(clone.states().values()) == {"RUNNING"}, "not all are running")

    wait_for_api(lambda: is_accepted(shown, "keeper", "product-kept"), "the view is not accepted")
    wait_for_api(lambda: products_of(shown, "keeper") == ["product-kept"], "the view is not shown")
    clone.make("down")
    clone.make("status", status=2)
    clone.make("clean")
    assert not (clone.folder / ".local_stack").exists()


def without_numbers(text: str) -> str:
    """Times, counts, ports, ids and numbered names differ from run to run, and with them the widths of columns.

    So does whether one viewed product is the reason or two.
    """
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"(viewed together with product-\d+) and product-\d+", r"\1", text)
    return re.sub(r"\s+", " ", re.sub(r"\d+", "N", text))


def of_last_month(command: str) -> str:
    """The sample shop's orders end today, so that the month that README names is soon without any."""
    this_month = datetime.now(UTC).date().replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    command = re.sub(r"(?<=--backfill-from )\S+", str(last_month), command)
    return re.sub(r"(?<=--backfill-to )\S+", str(this_month), command)


def get_what_curl_would(shown: str) -> list[str]:
    """Carries out the curl command that was printed; a bare machine has no curl."""
    _, option, header, _ = shlex.split(curl_line(shown))
    name, user = header.split(": ")
    assert (option, name) == ("-H", "user-id")
    return products_of(shown, user)


def products_of(shown: str, user: str) -> list[str]:
    url = shlex.split(curl_line(shown))[-1]
    answer = httpx.get(url, headers={"user-id": user}).raise_for_status().json()
    assert answer["type"] == "personalized"
    return list(answer["products"])


def is_accepted(shown: str, user: str, product: str) -> bool:
    url = shlex.split(curl_line(shown))[-1].replace("user_nav_history_latest_products", "events")
    view = {
        "event": "ProductView",
        "messageid": "message-1",
        "userid": user,
        "properties": {"productid": product},
        "context": {"source": "test"},
    }
    return httpx.post(url, json=view).status_code == 202


def airflow_line(shown: str) -> str:
    return next(line for line in shown.splitlines() if line.startswith("Airflow: "))


def airflow_url(shown: str) -> str:
    return airflow_line(shown).removeprefix("Airflow: ").partition(",")[0]


def curl_line(shown: str) -> str:
    return next(line for line in shown.splitlines() if line.strip().startswith("curl "))


def kill_process_of(clone: Clone, module: str) -> None:
    """kill -9 of the process that runs a module out of the clone's environment."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if command[1:] == ["-m", module] and command[0].startswith(str(clone.folder)):
            parent = process.parent()
            if parent is None or parent.cmdline() != command:
                # The workers of the API notice a little later, and still answer until then.
                family = [process, *process.children()]
                process.kill()
                assert not psutil.wait_procs(family, timeout=120)[1]
                return
    pytest.fail(f"nothing runs {module}")


def wait_for_api(condition: Callable[[], object], what: str) -> None:
    """An API that does not answer yet is no answer."""

    def is_so() -> bool:
        with suppress(httpx.HTTPError):
            return bool(condition())
        return False

    wait_until(is_so, what=what, pause=0.2)
