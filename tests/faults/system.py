"""The whole system on real servers, each behind a proxy, with processes that can be changed and killed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from cassandra.cluster import NoHostAvailable
from confluent_kafka import Consumer, KafkaException, Producer

from local_stack import airflow
from local_stack.cassandra import cassandra
from local_stack.kafka import kafka
from local_stack.postgres import SUPERUSER, postgres
from local_stack.processes import MANAGE
from local_stack.programs import Program
from local_stack.stack import LocalStack, free_ports, temporary_settings
from local_stack.supervision import Supervisor
from local_stack.valkey import valkey
from tests.clusters.service import await_members
from tests.faults.proxy import Proxy
from tests.integration.storage.keyspaces import connected, select
from tests.waiting import wait_until
from vitrine.errors import StackError, StreamUnavailableError
from vitrine.learning.layout import map_file
from vitrine.settings import CassandraSettings, KafkaSettings, ShopDatabaseSettings, StackSettings, load
from vitrine.streaming import group_lag, topic_ends

LAUNCH = Path(__file__).with_name("launch.py")
SERVERS = ("kafka", "cassandra", "postgres", "valkey")
# Of these there may be three; then no proxy is before them, as each member has an address of its own.
CLUSTERED = ("kafka", "cassandra")
OURS = ("view-consumer", "view-learner", "api")
PRODUCTS = 50
# Of people who are erased, so that what was learned of others can be compared.
GONE_PRODUCT = "gone-product"
SETTLED_WITHIN_SECONDS = 300
TRIES = 3
# What a small disk holds: enough for all that a server keeps here.
DISK_MEGABYTES = 1024


class FaultyStack(LocalStack):
    """A local stack whose processes reach each server through a port of a proxy."""

    def __init__(self, settings: StackSettings, *, files: Path) -> None:
        self.files = files
        super().__init__(settings)
        is_cluster = settings.stack_kafka_brokers > 1
        self.proxied = tuple(name for name in SERVERS if not (is_cluster and name in CLUSTERED))
        free = free_ports()
        self.real = real = settings.model_copy(update={f"stack_{name}_port": next(free) for name in self.proxied})
        members = range(1, settings.stack_kafka_brokers + 1)
        brokers = [kafka(real, number) for number in members]
        if not is_cluster:
            # Clients go on by the address that a broker tells them.
            advertised = f"advertised.listeners=PLAINTEXT://127.0.0.1:{settings.stack_kafka_port}"
            brokers = [replace(each, command=(*each.command, "--override", advertised)) for each in brokers]
        self._servers = (
            *brokers,
            *(cassandra(real, number) for number in members),
            postgres(real, load(ShopDatabaseSettings).shop_database),
            valkey(real),
        )
        self._processes = tuple(self._launched(program) for program in self._processes)
        self._supervisor = Supervisor(settings.stack_data_folder, self._programs, self.environment())

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "VITRINE_MODEL_PRODUCTS": "1000",
            "VITRINE_MODEL_NEIGHBOURS": "64",
            "VITRINE_ADDRESS_LIMIT_PER_MINUTE": "10000000",
            # All shoppers come from this machine, and not one view is made up.
            "VITRINE_PERSON_PRODUCT_VIEWS_PER_HOUR": "1000000",
            "VITRINE_ADDRESS_PRODUCT_VIEWS_PER_HOUR": "1000000",
            "VITRINE_ADDRESS_VIEWS_PER_HOUR": "10000000",
        }

    def _launched(self, program: Program) -> Program:
        command = (sys.executable, str(LAUNCH), str(self.files / program.name), *program.command)
        return replace(program, command=command)


class System:
    """What faults are done to, and where checks look. Every method may be called while servers are away."""

    def __init__(self, folder: Path, *, with_airflow: bool, members: int) -> None:
        self.folder = folder
        self._exit = ExitStack()
        files = folder / "launch"
        files.mkdir(parents=True)
        settings = temporary_settings(folder / "stack", members=members).model_copy(
            update={"stack_airflow": with_airflow, "stack_sample_view_rate": 0}
        )
        self.stack = FaultyStack(settings, files=files)
        self.proxies: dict[str, Proxy] = {}
        # Its servers are asked past the proxies, except for Kafka, which sends everybody to its proxy.
        environment = self.stack.environment()
        self.kafka = KafkaSettings(kafka_bootstrap_servers=environment["VITRINE_KAFKA_BOOTSTRAP_SERVERS"])
        self.cassandra = CassandraSettings(
            cassandra_contact_points=tuple(environment["VITRINE_CASSANDRA_CONTACT_POINTS"].split(",")),
            cassandra_port=self.stack.real.stack_cassandra_port,
        )
        self.url = f"http://127.0.0.1:{settings.stack_api_port}/api/v1/"

    @classmethod
    @contextmanager
    def running(
        cls, folder: Path, *, with_airflow: bool = False, small_disks: Iterable[str] = (), members: int = 1
    ) -> Iterator["System"]:
        """All of it, healthy, with a catalogue.

        Servers of `small_disks` have one that can be filled (needs root). `members` is how many brokers and nodes.
        """
        system = cls(folder, with_airflow=with_airflow, members=members)
        with system._exit as leaving:
            leaving.callback(system.stack.clean)
            for name in small_disks:
                leaving.enter_context(_small_disk(system.disk_of(name)))
            leaving.callback(system.stack.down)
            system._start()
            yield system

    def _start(self) -> None:
        self.stack.up(processes=False)
        for number, name in enumerate(self.stack.proxied):
            port = f"stack_{name}_port"
            proxy = Proxy(getattr(self.stack.settings, port), getattr(self.stack.real, port), seed=number)
            self.proxies[name] = proxy
            self._exit.callback(proxy.close)
        self.stack.up()
        self._session = self._exit.enter_context(connected(self.cassandra))
        with closing(self.shop()) as shop, shop, shop.cursor() as cursor:
            cursor.execute(
                "INSERT INTO products SELECT 'product-' || n, 'category-' || n %% 5, 'Product ' || n, n * 1.25"
                " FROM generate_series(0, %s) n",
                (PRODUCTS - 1,),
            )
            cursor.execute("INSERT INTO products VALUES (%s, 'category-0', 'Gone', 1)", (GONE_PRODUCT,))

    def environment(self) -> dict[str, str]:
        """Of a command that runs beside the processes."""
        return {**os.environ, **self.stack.environment()}

    def run(self, *arguments: str, **environment: str) -> str:
        """`python -m …` on this system, tried again while a server has just come back."""
        for _ in range(TRIES):
            done = subprocess.run(
                [sys.executable, "-m", *arguments],
                env=self.environment() | environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            if done.returncode == 0:
                return done.stdout
        raise AssertionError(f"{arguments}: {done.stdout}{done.stderr}")

    def make_key(self, *, per_minute: int) -> str:
        """A server's key that may ask so often."""
        words = ("keys", "make", "faults", "--kind", "server", "--scopes", "recommendations:read")
        done = subprocess.run(
            [*MANAGE, *words, "--requests-per-minute", str(per_minute)],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def shop(self) -> Any:  # noqa: ANN401 - psycopg2 has no type for it
        """A connection to the shop's tables."""
        settings = load(ShopDatabaseSettings)
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.stack.real.stack_postgres_port,
            user=SUPERUSER,
            dbname=settings.shop_database,
            connect_timeout=3,
        )

    def producer(self) -> Producer:
        """For messages that no API would take."""
        return Producer(
            {"bootstrap.servers": self.kafka.kafka_bootstrap_servers, "enable.idempotence": True, "log_level": 0}
        )

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Of Cassandra; waits for one that has just come back. `{}` in the query is the keyspace."""
        found: list[tuple[Any, ...]] = []

        def are_read() -> bool:
            with suppress(NoHostAvailable):
                found[:] = select(self._session, query.format(self.cassandra.cassandra_keyspace), *values)
                return True
            return False

        wait_until(are_read, seconds=60, what="Cassandra does not answer")
        return found

    def alter(self, statement: str) -> None:
        """The schema of Cassandra."""
        self._session.execute(statement.format(self.cassandra.cassandra_keyspace), timeout=60)

    def await_settled(self) -> None:
        """Until everything that is in Kafka has been stored and learned."""
        wait_until(
            lambda: self._lag() == 0, seconds=SETTLED_WITHIN_SECONDS, what=lambda: f"behind by {self._lag()} messages"
        )

    def await_members(self) -> None:
        """Of a cluster: until all take part, so that another one may be the next to be missed."""
        if self.stack.settings.stack_kafka_brokers > 1:
            with closing(
                Consumer({"bootstrap.servers": self.kafka.kafka_bootstrap_servers, "group.id": "asking"})
            ) as asking:
                await_members(asking, self.kafka, self.cassandra)

    def _lag(self) -> int:
        kafka = self.kafka
        try:
            stored = sum(
                lag
                for topic, group in kafka.consumer_groups.values()
                for lag in group_lag(kafka, topic=topic, group=group).values()
            )
            learned_from = (kafka.views_topic, kafka.purchases_topic, kafka.shop_events_topic)
            ends = [topic_ends(kafka, topic=topic) for topic in learned_from]
        except (StreamUnavailableError, KafkaException):
            return -1
        offsets = map_file(self.model, None, writable=False).header["offsets"][0]
        learned = [
            max(0, end - max(0, int(offsets[stream, partition])))
            for stream, of in enumerate(ends)
            for partition, end in of.items()
        ]
        return stored + sum(learned)

    @property
    def model(self) -> Path:
        return self.stack.settings.stack_data_folder / "model" / "model"

    def api_worker(self) -> psutil.Process:
        """One that answers requests: the one with the most threads."""
        children = psutil.Process(self.stack.process_id("api")).children(recursive=True)
        return max(children, key=lambda each: each.num_threads())

    def says(self, name: str, text: str) -> int:
        """How often a process has said so in its log."""
        return (self.stack.settings.stack_data_folder / "logs" / f"{name}.log").read_text().count(text)

    def restart(self, name: str) -> None:
        self.stack.stop(name)
        self.stack.start(name)

    @contextmanager
    def changed(self, name: str, bug: str) -> Iterator[None]:
        """A process of ours runs with a bug of `planted`; at the end as before."""
        file = self.stack.files / name
        file.write_text(bug)
        try:
            self.restart(name)
            yield
        finally:
            file.unlink()
            self.restart(name)

    def trigger(self, dag: str) -> str:
        """Begins a run in Airflow; returns its id."""
        begun = airflow.api(self.stack.settings).post(f"dags/{dag}/dagRuns", {"logical_date": None})
        return str(begun["dag_run_id"])

    def await_run(self, dag: str, run: str) -> None:
        def state() -> str:
            with suppress(StackError):
                return str(airflow.api(self.stack.settings).get(f"dags/{dag}/dagRuns/{run}")["state"])
            return ""

        wait_until(lambda: state() in {"success", "failed"}, seconds=240, what=lambda: f"{dag} is {state()}")
        assert state() == "success", f"{dag}: {state()}"

    def disk_of(self, name: str) -> Path:
        """Where a server keeps its data."""
        return self.stack.settings.stack_data_folder / name

    @contextmanager
    def disk_full(self, name: str) -> Iterator[None]:
        """Not one byte is free where a server keeps its data. Whoever made room starts it again."""
        filler = self.disk_of(name) / "filler"
        with filler.open("wb") as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        try:
            yield
        finally:
            filler.unlink()
            self.stack.stop(name)
            if name == "cassandra":
                _remove_segments_without_a_head(self.disk_of(name) / "commitlog")
            self.stack.start(name)


def _remove_segments_without_a_head(folder: Path) -> None:
    """As docs/operations.md has it: what Cassandra could not begin holds no write, and it would not start over it."""
    for segment in folder.glob("CommitLog-*.log"):
        with segment.open("rb") as file:
            is_begun = any(file.read(64))
        if not is_begun:
            segment.unlink()


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own, in memory. Raises PermissionError for whoever is not root."""
    if os.geteuid() != 0:
        raise PermissionError("mounting a small disk needs root")
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={DISK_MEGABYTES}m,mode=777"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        # What has just ended may still hold a file.
        deadline = time.monotonic() + 30
        while subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                subprocess.run(["umount", "--lazy", str(folder)], check=True)
                break
            time.sleep(0.2)
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
