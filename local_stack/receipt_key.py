"""The key that signs the receipts of erasures, and Django's: made at random once, and kept with what the stack stores.

In a file that nobody else may read, where our processes look for secrets: supervisord's configuration shows the
environment of each.
"""

import os
import secrets
from pathlib import Path

from vitrine.settings import StackSettings

NAME = "VITRINE_RECEIPT_KEY"
# With it the carts of the storefront outlive the API's process.
NAMES = (NAME, "VITRINE_DJANGO_SECRET_KEY")
_RANDOM_BYTES = 48


def folder(settings: StackSettings) -> Path:
    """What VITRINE_SECRETS_FOLDER names."""
    return settings.stack_data_folder / "secrets"


def ensure(settings: StackSettings) -> None:
    """Makes the keys where there are none."""
    folder(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in NAMES:
        _ensure(folder(settings) / name)


def _ensure(file: Path) -> None:
    part = file.with_name(f"part-{file.name}")
    if file.exists():
        return
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(secrets.token_urlsafe(_RANDOM_BYTES))
    part.replace(file)
