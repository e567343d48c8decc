"""Google Merchant feeds -> Cassandra: what the shop sells, as a file that is read again every hour.

A feed says what is new only: a product about which it says the same as the last time stays as it is, whatever the API
has said of it since. What it names no more is taken out.
"""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

import msgspec
import requests

from vitrine.errors import FeedUnavailableError, PipelineError
from vitrine.feeds import google
from vitrine.feeds.items import Refusal
from vitrine.pipelines import removals
from vitrine.products import CatalogueProduct
from vitrine.settings import CassandraSettings, CatalogueSettings, from_the_project, load
from vitrine.storage.driver.link import Link
from vitrine.storage.product_editing import ProductEditor

logger = logging.getLogger(__name__)

NAME = "catalogue_feeds"
PRODUCTS_PER_WRITE = 500
CHUNK_BYTES = 1 << 20
# At most so many of the items that a feed has and that are refused are named in the log.
NAMED_ITEMS = 20


class Feed(NamedTuple):
    """A feed of the settings. `name` is for people and leaves out the query, which may hold a password."""

    feedid: str
    name: str
    address: str

    @classmethod
    def of(cls, address: str) -> "Feed":
        parts = urlsplit(address)
        name = f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.scheme else address
        return cls(hashlib.sha256(address.encode()).hexdigest()[:16], name, address)


class Landed(msgspec.Struct):
    """What came of a feed: how many of its items there were, and what was done with them."""

    feed: str
    written: int = 0
    unchanged: int = 0
    # Those that another feed of the settings names.
    of_another: int = 0
    refused: int = 0
    removed: int = 0


def named() -> list[dict[str, str]]:
    """The feeds that the settings name: {"feedid", "name"} of each."""
    return [{"feedid": feed.feedid, "name": feed.name} for feed in _feeds()]


def land(feedid: str, *, allow_removal: bool = False) -> dict[str, Any]:
    """Reads a feed whole and carries over what is new in it; returns the counts of Landed.

    An item that cannot be taken is left out, and the log says which and why. Raises FeedUnavailableError where the
    feed cannot be fetched, InvalidFeedError where it is none or breaks off: what it named before that is carried over,
    and nothing is removed. Raises PipelineError where the settings do not name it, and where more of its products
    would be removed than the settings allow, unless `allow_removal` says that this is meant. Doing it again is safe.
    """
    feed = next((each for each in _feeds() if each.feedid == feedid), None)
    if feed is None:
        raise PipelineError(f"VITRINE_CATALOGUE_FEEDS names no feed {feedid}")
    settings = load(CatalogueSettings)
    with (
        _opened(feed, settings) as file,
        Link.connected(load(CassandraSettings)) as link,
    ):
        landing = _Landing(feed, ProductEditor(link, settings.catalogue_winner))
        landing.read(file)
        landing.remove(allow_removal=allow_removal)
    summary: dict[str, Any] = msgspec.to_builtins(landing.landed)
    logger.info(
        "%(feed)s: %(written)d products written, %(unchanged)d unchanged, %(of_another)d of another feed,"
        " %(refused)d refused, %(removed)d removed",
        summary,
        extra={"pipeline": NAME, **summary},
    )
    return summary


class _Landing:
    """One feed on its way into the catalogue."""

    def __init__(self, feed: Feed, editor: ProductEditor) -> None:
        self._feed, self._editor = feed, editor
        others = {each.feedid for each in _feeds()} - {feed.feedid}
        self._hashes: dict[str, int | None] = {}
        self._of_others: set[str] = set()
        for productid, feedid, number in editor.store.hashes():
            if feedid == feed.feedid:
                self._hashes[productid] = number
            elif feedid in others:
                self._of_others.add(productid)
        self._known = len(self._hashes)
        self._changed: list[tuple[CatalogueProduct, int]] = []
        # Items that were refused and of which not even the id could be told: any product may be one of them.
        self._unknown = 0
        self.landed = Landed(feed.name)

    def read(self, file: BinaryIO) -> None:
        """What it names is taken from the hashes: those that are left are named no more."""
        try:
            for item in google.read(file, now=time.time()):
                if isinstance(item, Refusal):
                    self._refuse(item)
                else:
                    self._take(item)
        finally:
            self._write()

    def remove(self, *, allow_removal: bool) -> None:
        gone = list(self._hashes)
        if gone and self._unknown:
            logger.warning(
                "%s: %d products that it does not name stay: of %d items that were left out it cannot be told which"
                " products they are",
                *(self._feed.name, len(gone), self._unknown),
                extra={"pipeline": NAME},
            )
            return
        if not allow_removal and not removals.is_few(len(gone), self._known):
            raise PipelineError(
                f"{self._feed.name} names {len(gone)} of its {self._known} products no more, a larger share than"
                " VITRINE_MAXIMUM_REMOVED_SHARE: they stay, the others are carried over. If the removal is meant, run"
                " once more with --allow-removal, or in Airflow press Trigger and switch allow_removal on"
            )
        self._editor.forget(gone, now=time.time())
        self.landed.removed = len(gone)

    def _take(self, product: CatalogueProduct) -> None:
        if product.productid in self._of_others:
            self.landed.of_another += 1
            return
        number = _hash(product)
        if self._hashes.pop(product.productid, None) == number:
            self.landed.unchanged += 1
            return
        self._changed.append((product, number))
        if len(self._changed) == PRODUCTS_PER_WRITE:
            self._write()

    def _refuse(self, item: Refusal) -> None:
        # It is still named: it stays as it was.
        if item.productid is None:
            self._unknown += 1
        else:
            self._hashes.pop(item.productid, None)
        self.landed.refused += 1
        if self.landed.refused <= NAMED_ITEMS:
            fields = {"pipeline": NAME, "place": item.place}
            logger.warning("%s: %s is left out: %s", self._feed.name, item.place, item.reason, extra=fields)

    def _write(self) -> None:
        changed, self._changed = self._changed, []
        marks = {product.productid: {"feed": self._feed.feedid, "feed_hash": number} for product, number in changed}
        self._editor.put([product for product, _ in changed], now=time.time(), marks=marks)
        self.landed.written += len(changed)


def _feeds() -> list[Feed]:
    return [Feed.of(address) for address in load(CatalogueSettings).catalogue_feeds]


@contextmanager
def _opened(feed: Feed, settings: CatalogueSettings) -> Iterator[BinaryIO]:
    """The feed as a file on this machine. Raises FeedUnavailableError."""
    if urlsplit(feed.address).scheme in ("http", "https"):
        with TemporaryFile() as file:
            _fetch(feed, file, settings)
            file.seek(0)
            yield file
        return
    path = from_the_project(Path(feed.address))
    try:
        opened = path.open("rb")
    except OSError as error:
        raise FeedUnavailableError(f"{feed.name} cannot be read: {error.strerror}") from error
    with opened as file:
        yield file


def _fetch(feed: Feed, file: BinaryIO, settings: CatalogueSettings) -> None:
    """Raises FeedUnavailableError. The whole of it first: nothing is taken from what breaks off on its way."""
    most = settings.catalogue_feed_megabytes * 1_000_000
    try:
        with requests.get(feed.address, stream=True, timeout=settings.catalogue_feed_timeout_seconds) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_content(CHUNK_BYTES):
                file.write(chunk)
                if file.tell() > most:
                    raise FeedUnavailableError(
                        f"{feed.name} has more than {settings.catalogue_feed_megabytes} MB"
                        " (VITRINE_CATALOGUE_FEED_MEGABYTES)"
                    )
    except requests.HTTPError as error:
        raise FeedUnavailableError(f"{feed.name} answered {error.response.status_code}") from None
    except requests.RequestException as error:
        # Its text may hold the address.
        raise FeedUnavailableError(f"{feed.name}: {type(error).__name__}") from None


def _hash(product: CatalogueProduct) -> int:
    digest = hashlib.blake2b(msgspec.json.encode(product, order="deterministic"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
