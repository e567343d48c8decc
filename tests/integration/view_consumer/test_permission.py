"""A Cassandra of the test's own that has users and permissions, which the shared stack's has not."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cassandra.cluster import Session
from pydantic import SecretStr

from local_stack.cassandra import cassandra
from local_stack.stack import temporary_settings
from tests.integration.storage.keyspaces import await_answers, connected, make_schema, opened, row
from tests.waiting import wait_until
from vitrine.errors import StorageRefusedError, StorageUnavailableError
from vitrine.settings import CassandraSettings
from vitrine.storage import ViewStore
from vitrine.storage.driver.connection import SCHEMA_PROFILE

REPLICATION = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
# What a node remembers of permissions is asked again after this time.
ACCESS_RULES = """
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
permissions_validity: 100ms
"""


@contextmanager
def guarded_cassandra(folder: Path) -> Iterator[CassandraSettings]:
    """How its superuser finds it. It takes half a minute to start."""
    settings = temporary_settings(folder)
    program = cassandra(settings)
    for name in ("cassandra", "logs"):
        (folder / name).mkdir()
    program.prepare()
    with (folder / "cassandra" / "cassandra.yaml").open("a") as configuration:
        configuration.write(ACCESS_RULES)
    with (folder / "cassandra.log").open("wb") as log:
        process = subprocess.Popen(program.command, cwd=folder, stdout=log, stderr=log)
    superuser = CassandraSettings(
        cassandra_port=settings.stack_cassandra_port,
        cassandra_keyspace="guarded",
        cassandra_replication=REPLICATION,
        cassandra_username="cassandra",
        cassandra_password=SecretStr("cassandra"),
    )
    try:
        wait_until(lambda: lets_in(superuser), what=(folder / "cassandra.log").read_text)
        yield superuser
    finally:
        process.kill()
        process.wait()


def lets_in(settings: CassandraSettings) -> bool:
    try:
        with connected(settings):
            return True
    except StorageUnavailableError:
        return False


def execute(session: Session, *statements: str) -> None:
    for statement in statements:
        session.execute(statement, execution_profile=SCHEMA_PROFILE)


def refusal(store: ViewStore, userid: str) -> str:
    """Empty where a view is taken."""
    try:
        store.write([row(userid, "product", at=time.time())])
    except StorageRefusedError as error:
        return str(error)
    return ""


def test_a_user_who_may_not_write_is_told_so(tmp_path: Path) -> None:
    """Not that Cassandra is away, and not that each view is bad."""
    with guarded_cassandra(tmp_path) as superuser, opened(superuser) as owner, connected(superuser) as session:
        make_schema(superuser)
        await_answers(owner)
        execute(
            session,
            "CREATE ROLE consumer WITH LOGIN = true AND PASSWORD = 'consumer'",
            "GRANT ALL ON ALL KEYSPACES TO consumer",
        )
        consumer = {"cassandra_username": "consumer", "cassandra_password": SecretStr("consumer")}
        with opened(superuser.model_copy(update=consumer)) as store:
            await_answers(store)
            assert refusal(store, "before") == ""
            execute(session, "REVOKE MODIFY ON ALL KEYSPACES FROM consumer")
            wait_until(lambda: bool(refusal(store, "meanwhile")), what="it may still write")
            assert "has no MODIFY permission on <table guarded.product_views>" in refusal(store, "meanwhile")
            execute(session, "GRANT MODIFY ON ALL KEYSPACES TO consumer")
            wait_until(lambda: not refusal(store, "after"), what="it may not write again")
            found = [owner.latest_products(user, limit=1, now=time.time()) for user in ("before", "after")]
            assert found == [["product"]] * 2
