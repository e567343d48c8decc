"""What both forms of a feed are read into: items, each with its place and its values by name."""

import re
from dataclasses import dataclass

# Of one item: no feed of Google's comes near it, and a file that is one item is not to fill the memory.
MAX_ITEM_BYTES = 1 << 20
_spaces = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True)
class Refusal:
    """An item that is no product: where it stands, why, and its id where that can be told."""

    place: str
    reason: str
    productid: str | None = None


@dataclass(frozen=True)
class Item:
    """The values of each field in their order; none is empty."""

    place: str
    fields: dict[str, list[str]]


def name_of(heading: str) -> str:
    """The one name of what is written "Image Link", "image_link" or "g:image_link"."""
    return _spaces.sub("_", heading.strip().lower()).removeprefix("g:")


def put(fields: dict[str, list[str]], name: str, text: str) -> None:
    """Adds a value, if it is one, without the line breaks that only lay it out."""
    if value := _spaces.sub(" ", text).strip(" "):
        fields.setdefault(name, []).append(value)
