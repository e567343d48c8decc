"""The items of a feed that is XML: RSS 2.0 or Atom 1.0, with Google's namespace.

The parser is Expat out of the standard library, as defusedxml uses it. A feed needs no document type, and one that has
one is refused: without it there is no entity to expand, and no address to load.
"""

import io
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from vitrine.errors import InvalidFeedError
from vitrine.feeds.items import MAX_ITEM_BYTES, Item, Refusal, name_of, put
from vitrine.products import shown

BLOCK_BYTES = 64 * 1024
MAX_DEPTH = 100
# The parser keeps each name for as long as it lives.
MAX_NAMES = 10_000
# With its name and the objects that hold it.
_FIELD_BYTES = 200
_ATOM = "http://www.w3.org/2005/Atom"
# Where items stand in each form.
_ITEM_PATHS = (["rss", "channel", "item"], [f"{_ATOM} feed", f"{_ATOM} entry"])
_GOOGLE = "http://base.google.com/ns/1.0"
# The shop's own attributes have one of Google's, too.
_NAMESPACES = (_GOOGLE, "http://base.google.com/cns/1.0", _ATOM, "")


def items(file: io.BufferedReader) -> Iterator[Item | Refusal]:
    """Each item. Raises InvalidFeedError for what is no feed, is not well-formed, or is cut off."""
    reading = _Reading()
    is_over = False
    while not is_over:
        block = file.read1(BLOCK_BYTES)
        is_over = not block
        error = reading.feed(block)
        yield from reading.take()
        if error:
            raise error


class _Reading:
    """What has been read so far of a file."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._parser = parser = expat.ParserCreate(namespace_separator=" ", intern=self._names)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        # Its arguments are among the names then.
        parser.StartNamespaceDeclHandler = lambda *_: None
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._fed = 0
        self._path: list[str] = []
        self._field_depth = 0
        self._items: list[Item | Refusal] = []
        self._count = 0
        self._item = _ItemReading("")

    def feed(self, block: bytes) -> InvalidFeedError | None:
        """Reads on, an empty block being the end; the items come before the error."""
        try:
            self._parser.Parse(block, not block)
            self._fed += len(block)
            # The parser begins an element, a comment or the like anew with each block until it ends.
            if self._fed - self._parser.CurrentByteIndex > MAX_ITEM_BYTES:
                self._refuse(f"something that does not end within {MAX_ITEM_BYTES:,} bytes")
        except InvalidFeedError as error:
            return error
        except expat.ExpatError as error:
            what = f"{'cut off: ' if not block else ''}{expat.ErrorString(error.code)}"
            return InvalidFeedError(f"line {error.lineno}, column {error.offset + 1}: {what}")
        except (LookupError, ValueError) as error:
            return InvalidFeedError(f"line {self._parser.CurrentLineNumber}: its encoding: {error}")
        return None

    def take(self) -> list[Item | Refusal]:
        """The items that have ended since the last time."""
        taken, self._items = self._items, []
        return taken

    def _refuse(self, what: str) -> None:
        raise InvalidFeedError(f"line {self._parser.CurrentLineNumber}: {what}")

    def _refuse_document_type(self, *_: object) -> None:
        self._refuse("a document type, which no feed needs")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > MAX_DEPTH or len(self._names) > MAX_NAMES:
            self._refuse(f"nested more than {MAX_DEPTH} deep, or of more than {MAX_NAMES:,} names")
        if len(self._path) == 1 and not any(path[0] == name for path in _ITEM_PATHS):
            self._refuse(f"neither RSS nor Atom, but {shown(name)}")
        if self._path in _ITEM_PATHS:
            self._count += 1
            self._field_depth = len(self._path) + 1
            self._item = _ItemReading(f"item {self._count}")
        elif self._field_depth:
            self._item.start(attributes, is_field=len(self._path) == self._field_depth)

    def _text(self, text: str) -> None:
        if len(self._path) == self._field_depth:
            self._item.add(text)

    def _end(self, name: str) -> None:
        if len(self._path) == self._field_depth:
            self._item.end(name)
        elif len(self._path) == self._field_depth - 1:
            self._items.append(self._item.made())
            self._field_depth = 0
        self._path.pop()


class _ItemReading:
    """One item, and no more of it than it may have."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._google: dict[str, list[str]] = {}
        self._others: dict[str, list[str]] = {}
        self._pieces: list[str] = []
        self._is_value = True
        self._left = MAX_ITEM_BYTES

    def start(self, attributes: Mapping[str, str], *, is_field: bool) -> None:
        """A field begins, or within it another: it is a group then, and no value."""
        self._pieces = []
        # An address is an attribute of Atom's link; those that lead elsewhere are not the product's.
        self._is_value = is_field and attributes.get("rel", "alternate") == "alternate"
        if "href" in attributes:
            self.add(attributes["href"])

    def add(self, text: str) -> None:
        self._left -= len(text)
        if self._is_value and self._left >= 0:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        namespace, _, name = name.rpartition(" ")
        self._left -= _FIELD_BYTES
        if self._is_value and self._left >= 0 and namespace in _NAMESPACES:
            put(self._google if namespace == _GOOGLE else self._others, name_of(name), "".join(self._pieces))

    def made(self) -> Item | Refusal:
        """Google's fields come before those of RSS or Atom that have the same name."""
        if self._left < 0:
            return Refusal(self._place, f"more than {MAX_ITEM_BYTES:,} bytes")
        return Item(self._place, {**self._others, **self._google})
