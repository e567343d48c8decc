"""What the targets are made of: words that mean something here, and what atheris turns into values."""

import json
from collections.abc import Sequence
from typing import TypeVar

Of = TypeVar("Of")

VIEW = {
    "event": "ProductView",
    "messageid": "m-1",
    "userid": "user-78",
    "properties": {"productid": "product-173"},
    "context": {"source": "desktop"},
    "timestamp": "2027-01-15T07:59:00Z",
}
ERASURE = {"erasure-id": "e-1", "digest": "ab" * 32, "erased-at": 1_800_000_000_000, "person": "user-78"}
LINE = {"orderid": "o-1", "productid": "product-1", "quantity": 1, "timestamp": "2027-01-15T07:59:00Z"}
ORDER = {
    **VIEW,
    "event": "OrderCompleted",
    "properties": {"orderid": "order-1", "products": [{"productid": "product-1", "quantity": 2, "price": 9.5}]},
}
# Of Segment's: it tells of an order.
MESSAGE = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "user-78",
    "anonymousId": "3f9c27d1-b05e-48a6-917c-d2f4e8b3a650",
    "properties": {
        "order_id": "order-1",
        "product_id": "product-1",
        "recommendation_id": "r-1",
        "query": "lamp",
        "products": [{"product_id": "product-1", "quantity": 2, "price": 9.5}],
    },
    "context": {
        "device": {"type": "ios"},
        "channel": "web",
        "userAgentData": {"mobile": True},
        "library": {"name": "x"},
    },
    "timestamp": "2027-01-15T07:59:00Z",
    "sentAt": "2027-01-15T08:59:00Z",
}
PURCHASES = {"event": "Purchases", "userid": "user-78", "lines": [LINE]}
SHOWN = {
    "recommendation-id": "r-1",
    "endpoint": "similar",
    "products": ["product-1"],
    "sources": ["viewed-together"],
    "shown-at": "2027-01-15T07:59:00Z",
    "user-id": "user-78",
    "model": {"generation": 1},
}
PRODUCT = {
    "productid": "product-1",
    "title": "Lamp",
    "price": "9.50",
    "currency": "EUR",
    "in_stock": True,
    "category": ["Home", "Lamps"],
    "url": "https://shop.example/lamp",
    "attributes": {"color": "red", "sizes": ["S", "M"], "weight": 1.5, "count": 2},
    "available_from": "2027-01-15T07:59:00Z",
    "available_to": "2027-01-15T08:59:00+01:30",
}
# Of Google's, with values that are read.
ROW = {
    "id": "product-1",
    "title": "Lamp",
    "link": "https://shop.example/lamp",
    "price": "9.50 EUR",
    "sale_price": "9 EUR",
    "sale_price_effective_date": "2027-01-15T07:59+0100/2027-02-01",
    "availability": "preorder",
    "availability_date": "2027-02-01",
    "expiration_date": "2027-12-31",
    "product_type": "Home > Lamps",
    "google_product_category": "594",
    "additional_image_link": "https://shop.example/a,https://shop.example/b",
    "color": "red",
}
# What has broken a parser somewhere; also what changes the sense of a line of text.
ODD_TEXTS = (
    *("", " ", "\0", "\r\n", "\n2027-01-15 ERROR forged", "\x1b[31m", "\u202e", "\u2028", "\ufeff", "\ud800", "é", "€"),
    *("-1", "1e999", "NaN", "0" * 400, "9" * 5000, "null", "true", "%00", "..", "/", "'", '"', "\\", ",", ";", "="),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "2027-W01-1", "2027-01-15T24:00:00"),
    *(
        "::1",
        "::ffff:10.0.0.1",
        "fe80::1%eth0",
        "10.0.0.1",
        "2001:db8::1",
        "[::1]:80",
        "anon-" + "0123456789abcdef" * 2,
    ),
)


class Source:
    """Values out of the bytes of a fuzzer, as long as there are some; then zeros and empty texts."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, below: int) -> int:
        """From 0; of up to 256."""
        self._at += 1
        return self._data[self._at - 1] % below if self._at <= len(self._data) else 0

    def one_of(self, values: Sequence[Of]) -> Of:
        return values[self.number(len(values))]

    def integer(self) -> int:
        """Of 64 bits, with its sign."""
        return int.from_bytes(self.some_bytes(8), signed=True)

    def some_bytes(self, most: int) -> bytes:
        found = self._data[self._at : self._at + most]
        self._at += most
        return found

    def rest(self) -> bytes:
        return self._data[self._at :]

    def text(self) -> str:
        """Of any characters, or one that has broken a parser somewhere."""
        if self.number(3) == 0:
            return self.one_of(ODD_TEXTS)
        return self.some_bytes(self.number(40)).decode(errors="surrogateescape" if self.number(8) == 0 else "replace")

    def ascii(self) -> str:
        """As servers give header values and queries: of one byte a character."""
        return "".join(character for character in self.text() if "\x20" <= character <= "\x7e" or character == "\t")

    def json_of(self, document: object) -> bytes:
        """The JSON text of a document, with parts of it replaced, doubled or cut off."""
        text = json.dumps(self._changed(document), ensure_ascii=self.number(2) == 0).encode(errors="surrogatepass")
        match self.number(6):
            case 0:
                return text[: self.number(256)]
            case 1:
                at = self.number(256)
                return text[:at] + self.some_bytes(self.number(9)) + text[at:]
        return text

    def _changed(self, document: object) -> object:
        match self.number(5), document:
            case 0, _:
                return self.one_of([None, True, self.integer(), 1.5, [], {}, self.text(), [document], "9" * 200])
            case _, dict():
                return {
                    self.text() if self.number(16) == 1 else name: self._changed(document[name]) for name in document
                }
            case _, list():
                return [self._changed(each) for each in document for _ in range(1 + self.number(2))]
        return document
