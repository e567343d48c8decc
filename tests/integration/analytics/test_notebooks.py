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
# What a conclusion must say, out of the rows of the lake or of what was measured.
FIGURES = {
    "households": """
        WITH spent AS (
            SELECT household_id, sum(spend) AS spend FROM staging.stg_completejourney__transactions
            WHERE quantity > 0 GROUP BY household_id
        ), fifths AS (SELECT spend, ntile(5) OVER (ORDER BY spend DESC, household_id) AS fifth FROM spent)
        SELECT format('of {:,} households brings {:.0f}%', count(*), 100 * sum(spend) FILTER (fifth = 1) / sum(spend))
        FROM fifths
    """,
    "sold_together": """
        SELECT format('{:,} pairs are bought together more often', count(*)) FROM marts.basket_pairs
        WHERE product_key < other_product_key
    """,
    "recommendations": """
        SELECT format('completejourney, HR@10: recommendations {:.4f}', score::DOUBLE) FROM learned.recommender_quality
        WHERE source = 'completejourney' AND recommender = 'vitrine' AND measure = 'HR@10'
    """,
}


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
    [(figure,)] = published.in_warehouse(FIGURES[file.stem])
    assert figure in "".join(outputs[-1]["text"])
