"""What supervisord is told, and where it listens."""

import tempfile
from pathlib import Path

import pytest

from local_stack.supervision import LONGEST_SOCKET_PATH, socket_path
from vitrine.errors import StackError
from vitrine.settings import PROJECT_FOLDER, StackSettings


def test_the_socket_lies_in_the_data_folder(tmp_path: Path) -> None:
    assert socket_path(tmp_path) == tmp_path / "supervisor.sock"


def test_a_deep_data_folder_gets_a_short_socket_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    deep, other = tmp_path / ("d" * 100), tmp_path / ("e" * 100)
    assert len(str(socket_path(deep))) < LONGEST_SOCKET_PATH + len(str(tmp_path))
    assert socket_path(deep) == socket_path(deep) != socket_path(other)
    assert socket_path(deep).parent.stat().st_mode & 0o777 == 0o700


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    deep = tmp_path / ("d" * 100)
    socket_path(deep).parent.chmod(0o777)
    with pytest.raises(StackError, match="VITRINE_STACK_DATA_FOLDER"):
        socket_path(deep)


def test_a_relative_data_folder_counts_from_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert StackSettings(stack_data_folder=Path("other")).stack_data_folder == PROJECT_FOLDER / "other"
