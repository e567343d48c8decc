"""Who may import whom: no arrow runs back up, no circle, and each driver stays where its server is talked to."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from vitrine.settings import PROJECT_FOLDER

# What each folder may import of the project, beside itself.
BELOW = {
    "vitrine": set(),
    "services": {"vitrine"},
    "api": {"vitrine"},
    "dags": {"vitrine"},
    # A shop like any other: of Vitrine it knows what a key is, and its own tables, which the API's models describe.
    "storefront": {"api"},
    "test_data_generator": {"vitrine"},
    "local_stack": {"vitrine"},
    "benchmarks": {"vitrine", "services", "api", "storefront", "test_data_generator", "local_stack"},
    # Of the API it knows the OpenAPI document alone.
    "clients": set(),
    "tests": {
        *("vitrine", "services", "api", "dags", "storefront"),
        *("test_data_generator", "local_stack", "benchmarks", "clients"),
    },
}
# Who may import a driver. Pipelines and lake carry rows from one server to the other and hand their sessions on.
DRIVERS = {
    "cassandra": ("vitrine.storage", "vitrine.pipelines"),
    "psycopg2": (
        *("vitrine.shop_database", "vitrine.pipelines", "vitrine.lake", "vitrine.analytics"),
        *("test_data_generator", "local_stack"),
    ),
    "confluent_kafka": ("vitrine.streaming", "vitrine.lake", "services", "local_stack"),
}


def imports(project: Path, folder: str) -> Iterator[tuple[str, str]]:
    """Each module of a folder with each name that it imports, inside functions too: `from a import b` is a.b."""
    for file in (project / folder).rglob("*.py"):
        module = ".".join(file.relative_to(project).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((module, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{module} imports by a relative name"
                yield from ((module, f"{node.module}.{alias.name}") for alias in node.names)


def graph(project: Path, folder: str) -> dict[str, set[str]]:
    """Which modules of a folder import which others of it."""
    found = list(imports(project, folder))
    modules = {module for module, _ in found}
    # A name is a module, or something in a module. Files of dags/ import each other as Airflow finds them.
    edges = [
        (module, target)
        for module, name in found
        for target in (name, name.rpartition(".")[0], f"{folder}.{name.partition('.')[0]}")
        if target in modules
    ]
    return {module: {target for source, target in edges if source == module} - {module} for module in modules}


def assert_without_circle(project: Path, folder: str) -> None:
    try:
        TopologicalSorter(graph(project, folder)).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("folder", BELOW)
def test_no_arrow_runs_back_up(folder: str) -> None:
    allowed = BELOW[folder] | {folder}
    used = {(module, name) for module, name in imports(PROJECT_FOLDER, folder) if name.partition(".")[0] in BELOW}
    assert used
    assert [(module, name) for module, name in used if name.partition(".")[0] not in allowed] == []


def test_the_storefront_uses_the_api_by_http_alone() -> None:
    """Beside the shop's tables, its key, who is let in, and the addresses it is served beside."""
    used = {name for _, name in imports(PROJECT_FOLDER, "storefront") if name.startswith("api.")}
    assert {name.rpartition(".")[0] for name in used} == {
        *("api.shop.models", "api.urls", "api.access.addresses", "api.access.authentication"),
        *("api.access.keys", "api.access.models", "api.access.scopes"),
    }


@pytest.mark.parametrize("folder", BELOW)
def test_there_is_no_circle(folder: str) -> None:
    assert_without_circle(PROJECT_FOLDER, folder)


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_is_imported_where_its_server_is_talked_to_alone(driver: str) -> None:
    product = sorted(BELOW.keys() - {"tests", "benchmarks"})
    users = {
        module
        for folder in product
        for module, name in imports(PROJECT_FOLDER, folder)
        if name.partition(".")[0] == driver
    }
    assert users
    assert [user for user in users if not f"{user}.".startswith(tuple(f"{each}." for each in DRIVERS[driver]))] == []


@pytest.mark.parametrize(
    "module",
    [
        "services.view_consumer.__main__",
        "services.view_producer.__main__",
        "test_data_generator.__main__",
        "vitrine.storage.__main__",
        "vitrine.streaming.__main__",
    ],
)
def test_who_needs_no_model_does_not_load_its_compiler(module: str) -> None:
    """Their images have no numba; elsewhere it would take a second and 90 MB of each."""
    script = f"import sys; import {module}; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=PROJECT_FOLDER, check=False).returncode == 0


def test_every_folder_of_code_has_its_place() -> None:
    with_code = {folder.name for folder in PROJECT_FOLDER.iterdir() if any(folder.glob("*.py"))}
    assert BELOW.keys() == with_code - {"docker"}  # small programs for health checks, each alone in its image


def test_a_circle_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "a.py").write_text("from package import b\n")
    (tmp_path / "package" / "b.py").write_text("def later():\n    from package.a import something\n")
    with pytest.raises(pytest.fail.Exception, match=r"package\.a"):
        assert_without_circle(tmp_path, "package")
