"""Brings Airflow's tables up to date and sets the one login of its UI, an administrator.

The name is VITRINE_AIRFLOW_USERNAME, the password what the service `secrets` has written. The database remembers, in
its comment, what it was prepared for: with the same packages and login there is nothing to do, which takes a second.
"""

import hashlib
import hmac
import json
import os
import subprocess
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import psycopg2
from psycopg2 import sql

SECRETS = Path(os.environ["VITRINE_SECRETS_FOLDER"])
LOGS = Path("/opt/airflow/logs")
LOGS_KEPT_SECONDS = 14 * 24 * 3600
DATABASE = "vitrine_airflow"
# The packages that have tables.
PACKAGES = ("apache-airflow", "apache-airflow-providers-fab")


def main() -> None:
    _remove_old_logs()
    username, password = os.environ["VITRINE_AIRFLOW_USERNAME"], _secret("PASSWORD")
    with closing(psycopg2.connect(host="postgres", user="postgres", dbname=DATABASE)) as connection:
        before, packages = _prepared_for(connection), {name: version(name) for name in PACKAGES}
        if not packages.items() <= before.items():
            _airflow("db", "migrate")
        wanted = {**packages, "username": username, "password": _digest(password)}
        if before != wanted:
            _set_login(username, password, exists=_exists(connection, username))
            if before.get("username", username) != username:
                _airflow("users", "delete", "--username", before["username"])
            _remember(connection, wanted)


def _remove_old_logs() -> None:
    """Airflow writes a folder a run and leaves it."""
    oldest = time.time() - LOGS_KEPT_SECONDS
    for file in LOGS.rglob("*.log"):
        if file.stat().st_mtime < oldest:
            file.unlink()


def _secret(name: str) -> str:
    return (SECRETS / f"VITRINE_AIRFLOW_{name}").read_text()


def _digest(password: str) -> str:
    """With a key, so that nobody finds the password by trying."""
    return hmac.new(_secret("SECRET_KEY").encode(), password.encode(), hashlib.sha256).hexdigest()


def _prepared_for(connection: "psycopg2.connection") -> dict[str, str]:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        (comment,) = cursor.fetchone() or (None,)
    found: dict[str, str] = json.loads(comment or "{}")
    return found


def _remember(connection: "psycopg2.connection", prepared_for: dict[str, str]) -> None:
    text = sql.Literal(json.dumps(prepared_for))
    with connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(DATABASE), text))


def _exists(connection: "psycopg2.connection", username: str) -> bool:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM ab_user WHERE username = %s", (username,))
        return cursor.fetchone() is not None


def _set_login(username: str, password: str, *, exists: bool) -> None:
    # Typed in, and once more to be sure: the arguments of a process can be seen by others.
    typed = f"{password}\n" * 2
    if exists:
        _airflow("users", "reset-password", "--username", username, typed=typed)
        return
    person = ("--firstname", username, "--lastname", "Vitrine", "--email", f"{username}@localhost")
    _airflow("users", "create", "--role", "Admin", "--username", username, *person, typed=typed)


def _airflow(*arguments: str, typed: str = "") -> None:
    subprocess.run(["airflow", *arguments], input=typed, text=True, check=True)  # noqa: S607 - the image's own


if __name__ == "__main__":
    main()
