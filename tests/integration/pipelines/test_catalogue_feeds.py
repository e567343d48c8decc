"""A shop's feed, at an address and in a file, read again and again."""

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local_stack.stack import LocalStack
from tests.integration.storage.keyspaces import connected_link, keyspace_of
from vitrine.errors import FeedUnavailableError, InvalidFeedError, PipelineError
from vitrine.pipelines import catalogue_feeds
from vitrine.pipelines.__main__ import main
from vitrine.products import CatalogueProduct
from vitrine.settings import load
from vitrine.storage.product_editing import ProductEditor

XML = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>A shop</title>{}</channel></rss>
"""
ITEM = (
    "<item><g:id>{}</g:id><g:title>{}</g:title><g:price>{} EUR</g:price><g:availability>in_stock</g:availability>"
    "</item>"
)


@pytest.fixture
def editor(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProductEditor]:
    """What the API edits with, on tables that are empty; the pipeline finds them by the environment."""
    with keyspace_of(stack) as settings, connected_link(settings) as link:
        environment = {**stack.environment(), "VITRINE_CASSANDRA_KEYSPACE": settings.cassandra_keyspace}
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        load.cache_clear()
        yield ProductEditor(link, "api")
    load.cache_clear()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one feed of the settings."""
    path = tmp_path / "feed.xml"
    name_feeds(monkeypatch, str(path))
    return path


def name_feeds(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    monkeypatch.setenv("VITRINE_CATALOGUE_FEEDS", ",".join(addresses))
    load.cache_clear()


def write(path: Path, **prices: str) -> None:
    """A feed of these products."""
    path.write_text(XML.format("".join(ITEM.format(name, name.title(), price) for name, price in prices.items())))


def land(*, feed: int = 0, allow_removal: bool = False) -> dict[str, Any]:
    """The counts of a run, but for those that are 0."""
    counts = catalogue_feeds.land(catalogue_feeds.named()[feed]["feedid"], allow_removal=allow_removal)
    return {name: count for name, count in counts.items() if count and name != "feed"}


def prices(editor: ProductEditor, *names: str) -> dict[str, str]:
    return {name: str(product.price) for name, product in editor.read(names).items()}


def test_a_feed_is_carried_over_and_then_what_is_new_in_it(editor: ProductEditor, file: Path) -> None:
    write(file, lamp="10.00", shade="5.00")
    assert land() == {"written": 2}
    assert land() == {"unchanged": 2}
    first = editor.read(["lamp"])["lamp"]
    assert (first.title, str(first.price), first.currency, first.in_stock) == ("Lamp", "10.00", "EUR", True)
    write(file, lamp="9.00", bulb="1.00")
    assert land() == {"written": 2, "removed": 1}
    assert prices(editor, "lamp", "shade", "bulb") == {"lamp": "9.00", "bulb": "1.00"}
    assert editor.read(["lamp"])["lamp"].created_at == first.created_at


def test_what_the_api_said_since_stays_until_the_feed_says_something_new(editor: ProductEditor, file: Path) -> None:
    write(file, lamp="10.00", shade="5.00")
    land()
    editor.amend([(CatalogueProduct("lamp", in_stock=False), {"in_stock"})], now=1.0)
    editor.remove(["shade"], now=1.0)
    assert land() == {"unchanged": 2}
    assert editor.read(["lamp"])["lamp"].in_stock is False
    assert editor.read(["shade"]) == {}
    write(file, lamp="11.00", shade="6.00")
    assert land() == {"written": 2}
    assert editor.read(["lamp"])["lamp"].in_stock is True
    assert prices(editor, "shade") == {"shade": "6.00"}


def test_what_the_api_put_and_no_feed_names_stays(editor: ProductEditor, file: Path) -> None:
    editor.put([CatalogueProduct("own", title="Own")], now=1.0)
    write(file, lamp="10.00")
    assert land() == {"written": 1}
    assert set(editor.read(["own", "lamp"])) == {"own", "lamp"}


def test_an_item_that_cannot_be_taken_stays_as_it_was(
    editor: ProductEditor, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, lamp="10.00", shade="5.00")
    land()
    write(file, lamp="much", shade="6.00")
    with caplog.at_level(logging.WARNING):
        assert land() == {"written": 1, "refused": 1}
    assert prices(editor, "lamp", "shade") == {"lamp": "10.00", "shade": "6.00"}
    (said,) = [record.getMessage() for record in caplog.records if "is left out" in record.getMessage()]
    assert "much" in said
    write(file, lamp="12.00", shade="6.00")
    assert land() == {"written": 1, "unchanged": 1}, "once it is mended, it is taken"


def test_while_an_item_cannot_be_told_nothing_is_removed(
    editor: ProductEditor, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, lamp="10.00", shade="5.00")
    land()
    file.write_text(XML.format(ITEM.format("with space", "Shade", "5.00") + ITEM.format("lamp", "Lamp", "10.00")))
    assert land() == {"unchanged": 1, "refused": 1}
    assert set(editor.read(["lamp", "shade"])) == {"lamp", "shade"}
    assert "1 products that it does not name stay" in caplog.text


def test_a_feed_that_breaks_off_removes_nothing(editor: ProductEditor, file: Path) -> None:
    write(file, lamp="10.00", shade="5.00")
    land()
    write(file, lamp="11.00", shade="6.00")
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"shade")])
    with pytest.raises(InvalidFeedError):
        land()
    assert prices(editor, "lamp", "shade") == {"lamp": "11.00", "shade": "5.00"}


def test_most_products_are_removed_only_when_it_is_meant(editor: ProductEditor, file: Path) -> None:
    many = {f"lamp-{number}": "1.00" for number in range(30)}
    write(file, **many)
    land()
    write(file, shade="5.00")
    with pytest.raises(PipelineError, match=r"names 30 of its 30 products no more.*--allow-removal"):
        land()
    assert len(editor.read(list(many))) == 30
    assert land(allow_removal=True) == {"unchanged": 1, "removed": 30}
    assert editor.read(list(many)) == {}


def test_a_product_of_two_feeds_is_that_of_the_first(
    editor: ProductEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first.xml", tmp_path / "second.xml"
    name_feeds(monkeypatch, str(first), str(second))
    write(first, lamp="10.00")
    write(second, lamp="99.00", shade="5.00")
    assert land() == {"written": 1}
    assert land(feed=1) == {"written": 1, "of_another": 1}
    assert land() == {"unchanged": 1}
    assert prices(editor, "lamp", "shade") == {"lamp": "10.00", "shade": "5.00"}
    name_feeds(monkeypatch, str(second))
    assert land() == {"written": 1, "unchanged": 1}, "the first is not read any more"
    assert prices(editor, "lamp") == {"lamp": "99.00"}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the folder is served."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_feed_is_fetched_from_an_address(
    editor: ProductEditor, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_feeds(monkeypatch, f"{address}feed.xml.gz?password=secret")
    write(tmp_path / "feed.xml", lamp="10.00")
    (tmp_path / "feed.xml.gz").write_bytes(gzip.compress((tmp_path / "feed.xml").read_bytes()))
    assert land() == {"written": 1}
    assert prices(editor, "lamp") == {"lamp": "10.00"}
    assert "secret" not in json.dumps(catalogue_feeds.named())


@pytest.mark.usefixtures("editor")
def test_a_feed_that_cannot_be_fetched_is_told_of(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, said in (
        (f"{address}none.xml?password=secret", "answered 404"),
        ("http://127.0.0.1:9/feed.xml?password=secret", "ConnectionError"),
        (str(tmp_path / "none.xml"), "No such file"),
    ):
        name_feeds(monkeypatch, place)
        with pytest.raises(FeedUnavailableError, match=said) as raised:
            land()
        assert "secret" not in str(raised.value)
    assert main(["catalogue-feeds"]) == 1
    assert "No such file" in capsys.readouterr().err
    with pytest.raises(PipelineError, match="names no feed 0"):
        catalogue_feeds.land("0")


@pytest.mark.usefixtures("editor")
def test_a_feed_that_is_too_large_is_not_taken(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_CATALOGUE_FEED_MEGABYTES", "1")
    name_feeds(monkeypatch, f"{address}feed.xml")
    write(tmp_path / "feed.xml", lamp="9" * 1_000_001)
    with pytest.raises(FeedUnavailableError, match="more than 1 MB"):
        land()


@pytest.mark.usefixtures("editor")
def test_from_a_shell_every_feed_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.xml", tmp_path / "second.xml"
    name_feeds(monkeypatch, str(first), str(second))
    write(first, lamp="10.00")
    write(second, shade="5.00")
    assert main(["catalogue-feeds"]) == 0
    assert [each["written"] for each in json.loads(capsys.readouterr().out)] == [1, 1]
