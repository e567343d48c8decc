"""Fetching jars over HTTP, from a repository of files."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.jars import Jar, ensure
from vitrine.errors import StackError

CONTENT = b"a jar" * 100_000
JAR = Jar("kafka", "org/example/a/1/a-1.jar", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, but for the first `dropped` requests; the log of its requests is nobody's business."""

    requests = 0
    dropped = 0

    def do_GET(self) -> None:
        cls = type(self)
        cls.requests += 1
        if cls.requests <= cls.dropped:
            self.connection.close()
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Maven repository, which is a tree of files, with JAR in it."""
    file = tmp_path / "repository" / JAR.maven_path
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    monkeypatch.setattr(QuietHandler, "requests", 0)
    handler = functools.partial(QuietHandler, directory=str(tmp_path / "repository"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def said_nothing(line: str) -> None:
    raise AssertionError(f"should not say {line!r}")


def test_a_missing_jar_is_fetched_once(repository: str, tmp_path: Path) -> None:
    said: list[str] = []
    ensure(tmp_path / "jars", [JAR], said.append, repository)
    ensure(tmp_path / "jars", [JAR], said_nothing, repository)
    assert (tmp_path / "jars" / "a-1.jar").read_bytes() == CONTENT
    assert len(said) == 1


def test_a_jar_that_was_cut_off_is_fetched_again(repository: str, tmp_path: Path) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "a-1.jar").write_bytes(CONTENT[:100])
    ensure(tmp_path / "jars", [JAR], print, repository)
    assert (tmp_path / "jars" / "a-1.jar").read_bytes() == CONTENT


def test_a_jar_with_another_sum_is_refused_and_not_kept(repository: str, tmp_path: Path) -> None:
    other = Jar(JAR.program, JAR.maven_path, "0" * 64, JAR.size)
    with pytest.raises(StackError, match=r"a-1\.jar.*SHA-256"):
        ensure(tmp_path / "jars", [other], print, repository)
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_jar_that_the_repository_lacks_is_named(repository: str, tmp_path: Path) -> None:
    other = Jar(JAR.program, "org/example/b/1/b-1.jar", JAR.sha256, JAR.size)
    with pytest.raises(StackError, match=r"b-1\.jar.*404"):
        ensure(tmp_path / "jars", [other], print, repository)


def test_a_dropped_connection_is_made_again(repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuietHandler, "dropped", 2)
    ensure(tmp_path / "jars", [JAR], print, repository)
    assert (tmp_path / "jars" / "a-1.jar").read_bytes() == CONTENT
    assert QuietHandler.requests == 3


def test_of_two_that_fetch_at_once_one_waits_for_the_other(repository: str, tmp_path: Path) -> None:
    said: list[str] = []
    threads = [
        threading.Thread(target=ensure, args=(tmp_path / "jars", [JAR], said.append, repository)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(said), QuietHandler.requests) == (1, 1)


def test_without_a_network_one_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="connect this machine to the network"):
        ensure(tmp_path / "jars", [JAR], print, "http://127.0.0.1:1")
    assert list((tmp_path / "jars").iterdir()) == []
