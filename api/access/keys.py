"""The form of a key: `vt_pub_…` in browsers, `vt_sec_…` in servers, then 256 random bits."""

import hashlib
import re
import secrets
from typing import NamedTuple

_FORM = re.compile(r"vt_(?:pub|sec)_[A-Za-z0-9_-]{43}", re.ASCII)
_RANDOM_BYTES = 32


class NewKey(NamedTuple):
    """A key just made: `text` is shown once and kept nowhere."""

    text: str
    digest: bytes
    ending: str


def new_key(kind: str) -> NewKey:
    """A random key of a kind, `pub` or `sec`."""
    text = f"vt_{kind}_{secrets.token_urlsafe(_RANDOM_BYTES)}"
    return NewKey(text, digest_of(text), text[-4:])


def is_key(text: str) -> bool:
    """Whether a text has the form of a key."""
    return _FORM.fullmatch(text) is not None


def digest_of(text: str) -> bytes:
    """What is kept of a key. 256 random bits cannot be guessed: a slow hash, as for passwords, would gain nothing."""
    return hashlib.sha256(text.encode()).digest()
