"""One fresh clone for all tests of this folder, in which `make up` has been called."""

from collections.abc import Iterator

import pytest

from local_stack import jars
from tests.end_to_end.clone import Clone


@pytest.fixture(scope="package")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    cloned = Clone(tmp_path_factory.mktemp("newcomer") / "vitrine")
    # A clone that fetches them itself would print so, and how far it is.
    jars.ensure(cloned.settings.stack_jars_folder, jars.read_lock(), print)
    yield cloned
    cloned.make("clean")


@pytest.fixture(scope="package")
def shown(clone: Clone) -> str:
    """What `make up` printed."""
    return clone.make("up")
