from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.vitrine.learning.small_model import SMALL
from vitrine.learning import Model


@pytest.fixture
def new_model(tmp_path: Path) -> Iterator[Callable[..., Model]]:
    """Makes models in folders of their own, or in the one that is named; closes them."""
    opened: list[Model] = []

    def make(folder: str = "", **options: object) -> Model:
        path = tmp_path / (folder or f"model-{len(opened)}")
        model = Model.open(path, options.pop("size", SMALL), seed=7, **options)  # type: ignore[arg-type]
        opened.append(model)
        return model

    yield make
    for model in opened:
        model.close()


@pytest.fixture
def model(new_model: Callable[..., Model]) -> Model:
    return new_model()
