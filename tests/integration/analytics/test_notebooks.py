"""The notebooks run over a warehouse of real households, and are kept without what they put out."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.integration.analytics.running import Analytics
from vitrine.settings import PROJECT_FOLDER

NOTEBOOKS = sorted((PROJECT_FOLDER / "notebooks").glob("*.ipynb"))
PLOT = "application/vnd.plotly.v1+json"


def read(file: Path) -> Any:  # noqa: ANN401 - nbformat's nodes have no types
    return nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]


def cells(file: Path) -> list[Any]:
    return [cell for cell in read(file).cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert [file.stem for file in NOTEBOOKS] == ["households", "recommendations", "sold_together"]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_kept_without_outputs(file: Path) -> None:
    assert [cell.outputs or cell.execution_count for cell in cells(file) if cell.outputs or cell.execution_count] == []


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_and_comes_to_a_conclusion(
    file: Path, published: Analytics, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in published.environment.items():
        monkeypatch.setenv(name, value)
    notebook = read(file)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any(PLOT in output.get("data", {}) for output in outputs)
    assert "".join(outputs[-1]["text"]).strip()
