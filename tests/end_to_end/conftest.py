"""One fresh clone for all tests of this folder, in which `make up` has been called."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.clone import Clone


@pytest.fixture(scope="package")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    cloned = Clone(tmp_path_factory.mktemp("newcomer") / "vitrine")
    yield cloned
    cloned.make("clean")


@pytest.fixture(scope="package")
def shown(clone: Clone) -> str:
    """What `make up` printed."""
    return clone.make("up")
