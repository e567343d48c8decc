"""Writes the system's secrets, a file each, into the folder that those who need them mount: `make_secrets.py FOLDER`.

A value that the environment gives wins; else the file that is there stays; else it is made at random. So running it
again changes nothing. Secrets of servers elsewhere cannot be made: their files are there as long as they are given.
Exit status 1 with a sentence when a given value cannot be used.
"""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

# So many random bytes in the alphabet of URLs: 32 are a Fernet key, 48 what a signature of 512 bits asks for.
RANDOM_BYTES = {
    "VITRINE_AIRFLOW_FERNET_KEY": 32,
    "VITRINE_AIRFLOW_JWT_SECRET": 48,
    "VITRINE_AIRFLOW_PASSWORD": 24,
    "VITRINE_AIRFLOW_SECRET_KEY": 48,
    "VITRINE_DJANGO_SECRET_KEY": 48,
    "VITRINE_GRAFANA_PASSWORD": 24,
    "VITRINE_PGADMIN_PASSWORD": 24,
    "VITRINE_POSTGRES_PASSWORD": 24,
    "VITRINE_RECEIPT_KEY": 48,
}
ONLY_GIVEN = (
    "VITRINE_ADMIN_PASSWORD",
    "VITRINE_CANARY_API_KEY",
    "VITRINE_CENSUS_KEY",
    "VITRINE_LISTINGS_KEY",
    "VITRINE_NOTIFY",
    "VITRINE_S3_ACCESS_KEY",
    "VITRINE_S3_SECRET_KEY",
)
# A backslash in a pgpass means one thing to libpq and another to asyncpg.
USABLE = re.compile(r"[!-\[\]-~]+")
# A list of addresses.
SEPARATED = {"VITRINE_NOTIFY"}


def main(folder: Path) -> None:
    for name, size in RANDOM_BYTES.items():
        # Postgres runs as another user and reads its own; nobody else mounts the folder.
        _write(folder / name, _given(name) or _kept(folder / name) or _random(size), 0o444)
    for name in ONLY_GIVEN:
        if value := _given(name):
            _write(folder / name, value, 0o444)
        else:
            (folder / name).unlink(missing_ok=True)
    # libpq and asyncpg heed this file only where nobody else may read it.
    _write(folder / "pgpass", f"*:*:*:postgres:{(folder / 'VITRINE_POSTGRES_PASSWORD').read_text()}", 0o600)


def _given(name: str) -> str:
    value = os.environ.get(name, "")
    parts = value.split() if name in SEPARATED else [value]
    if value and not all(USABLE.fullmatch(part) for part in parts):
        sys.exit(f"{name}: must be printable ASCII without spaces and backslashes")
    return value


def _kept(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _random(size: int) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).decode()


def _write(file: Path, text: str, mode: int) -> None:
    """Whole or not at all, and on the disk: what Postgres and Airflow encrypt with it lasts as long as it does."""
    if _kept(file) == text:
        return
    part = file.with_name(f"part-{file.name}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
