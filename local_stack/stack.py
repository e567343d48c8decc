"""The local stack: real Kafka, Cassandra, Postgres and Airflow, and our processes, without Docker."""

import fcntl
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from os import environ, kill
from pathlib import Path
from signal import SIGKILL
from threading import Event
from typing import Any, TypeVar

from local_stack import airflow, airflow_environment, jars, preflight, receipt_key
from local_stack.cassandra import cassandra
from local_stack.kafka import kafka
from local_stack.members import addresses, copies, program_of
from local_stack.postgres import SUPERUSER, postgres
from local_stack.processes import (
    ADMIN_USER,
    PREPARATIONS,
    SAMPLE_SHOP,
    admin_password,
    latest_products,
    market_environment,
    processes,
    sample_user,
    watcher_url,
)
from local_stack.programs import Program
from local_stack.s3 import s3, s3_environment
from local_stack.supervision import Supervisor
from local_stack.valkey import valkey, valkey_url
from vitrine.errors import StackError
from vitrine.settings import ShopDatabaseSettings, StackSettings, load

HEALTHY_WITHIN_SECONDS = 180
FIRST_RUNS_WITHIN_SECONDS = 120
# A program that has died this often while we wait for it will not get healthy. A second try is fair: a killed
# Postgres, for one, has to wait until its own last children are gone.
STARTS = 2

Item = TypeVar("Item")


@dataclass(frozen=True)
class ProcessStatus:
    """One process of the stack: its state as supervisord names it, and its address or URL, if it has one."""

    name: str
    state: str
    url: str


class LocalStack:
    """One stack, told apart from others by its data folder and its ports.

    Every method may be called from any process of the user who owns the data folder; `up` and `down` exclude
    each other. Errors are StackError, whose message says what to change. `say` is told what happens.
    """

    def __init__(self, settings: StackSettings, say: Callable[[str], None] = lambda _: None) -> None:
        self.settings = settings
        self._say = say
        self._servers = (
            *(kafka(settings, number + 1) for number in range(settings.stack_kafka_brokers)),
            *(cassandra(settings, number + 1) for number in range(settings.stack_cassandra_nodes)),
            postgres(settings, load(ShopDatabaseSettings).shop_database),
            valkey(settings),
            *((s3(settings),) if settings.stack_s3 else ()),
        )
        self._airflow = airflow.programs(settings) if settings.stack_airflow else ()
        self._processes = processes(settings)
        # While it is set, nothing more is started: another start has failed.
        self._cancelled = Event()
        # When what this start has begun, and not yet seen healthy, was begun.
        self._began: dict[str, float] = {}
        self._supervisor = Supervisor(settings.stack_data_folder, self._programs, self.environment())

    @property
    def _programs(self) -> tuple[Program, ...]:
        return (*self._servers, *self._airflow, *self._processes)

    def environment(self) -> dict[str, str]:
        """The variables with which any process of ours finds this stack."""
        settings = self.settings
        brokers, nodes = addresses(settings.stack_kafka_brokers), addresses(settings.stack_cassandra_nodes)
        replication = {"class": "NetworkTopologyStrategy", "datacenter1": copies(len(nodes))}
        # As many copies as there are servers for, whatever .env says for elsewhere.
        return {
            "VITRINE_KAFKA_REPLICATION_FACTOR": str(copies(len(brokers))),
            "VITRINE_CASSANDRA_REPLICATION": str(replication),
            "VITRINE_KAFKA_BOOTSTRAP_SERVERS": ",".join(f"{each}:{settings.stack_kafka_port}" for each in brokers),
            "VITRINE_CASSANDRA_CONTACT_POINTS": ",".join(nodes),
            "VITRINE_CASSANDRA_PORT": str(settings.stack_cassandra_port),
            "VITRINE_CASSANDRA_LOCAL_DATACENTER": "datacenter1",
            "VITRINE_POSTGRES_HOST": "127.0.0.1",
            "VITRINE_POSTGRES_PORT": str(settings.stack_postgres_port),
            "VITRINE_POSTGRES_USER": SUPERUSER,
            "VITRINE_VALKEY_URL": valkey_url(settings),
            "VITRINE_API_HOST": "127.0.0.1",
            "VITRINE_API_PORT": str(settings.stack_api_port),
            "VITRINE_METRICS_HOST": "127.0.0.1",
            "VITRINE_WATCHER_URL": watcher_url(settings),
            "VITRINE_CANARY_API_URL": f"http://127.0.0.1:{settings.stack_api_port}/api/v1/",
            "VITRINE_DASHBOARD_HOST": "127.0.0.1",
            "VITRINE_DASHBOARD_PORT": str(settings.stack_dashboard_port),
            "VITRINE_DASHBOARD_API_URL": f"http://127.0.0.1:{settings.stack_api_port}/api/v1/",
            "VITRINE_MODEL_FOLDER": str(settings.stack_data_folder / "model"),
            "DJANGO_SETTINGS_MODULE": "api.settings.development",
            "VITRINE_STOREFRONT": environ.get("VITRINE_STOREFRONT", "True"),
            # Who has secrets of their own has given them all.
            "VITRINE_SECRETS_FOLDER": environ.get("VITRINE_SECRETS_FOLDER") or str(receipt_key.folder(settings)),
            **market_environment(settings),
            "VITRINE_LAKE": str(settings.stack_data_folder / "lake"),
            "VITRINE_WAREHOUSE_FILE": str(settings.stack_data_folder / "warehouse" / "warehouse.duckdb"),
            **(s3_environment(settings) if settings.stack_s3 else {}),
            **(airflow.environment(settings) if settings.stack_airflow else {}),
        }

    def is_up(self) -> bool:
        """Whether all processes are running."""
        return self._supervisor.is_up() and all(status.state == "RUNNING" for status in self.status())

    def status(self) -> list[ProcessStatus]:
        """Every process, in the order in which they start."""
        up = self._supervisor.is_up()
        return [
            ProcessStatus(
                program.name, self._supervisor.state_and_id(program.name)[0] if up else "STOPPED", program.url
            )
            for program in self._programs
        ]

    def up(self, processes: bool = True) -> None:
        """Starts what is not running yet; returns when all of it is healthy.

        With `processes` also Airflow and our own processes; the API then shows sample views, and the sample shop's
        orders have been carried over. When the start fails, a stack that was down is down again.
        """
        with self._exclusively():
            if not self._supervisor.is_up():
                self._start_from_nothing(processes)
            elif self._supervisor.has_these_programs():
                self._start_all(processes)
            else:
                raise StackError("the stack is up with other settings than these: stop it first (`make down`)")

    def down(self) -> None:
        """Stops everything in the opposite order; what was stored stays. A stack that is down stays so."""
        with self._exclusively():
            self._stop_all()

    def clean(self) -> None:
        """Stops everything and removes what the stack has stored; files of others in the data folder stay."""
        self.down()
        folder = self.settings.stack_data_folder
        self._supervisor.remove_files()
        for path in [folder / name for name in self._own_files()]:
            _remove(path)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def start(self, name: str) -> None:
        """Starts one process of a stack that is up, and waits until it is healthy."""
        # A start that failed is over.
        self._began.pop(name, None)
        self._start(self._program(name))

    def stop(self, name: str) -> None:
        """Stops one process, waits until it has ended; it stays so until `start` or `up`."""
        self._supervisor.stop(self._program(name).name)

    def kill(self, name: str) -> None:
        """Ends one process with SIGKILL; the supervisor starts it again at once, `start` waits for that."""
        process_id = self.process_id(name)
        kill(process_id, SIGKILL)
        while self._supervisor.state_and_id(name)[1] == process_id:
            time.sleep(0.01)

    def process_id(self, name: str) -> int:
        """The id of a process that is running; StackError when it is not."""
        _, process_id = self._supervisor.state_and_id(self._program(name).name)
        if not process_id:
            raise StackError(f"{name} is not running")
        return process_id

    def _start_from_nothing(self, processes: bool) -> None:
        self._end_orphans()
        preflight.check(self.settings, processes=processes)
        programs = {program_of(server.name) for server in self._servers}
        wanted = [jar for jar in jars.read_lock() if jar.program in programs]
        jars.ensure(self.settings.stack_jars_folder, wanted, self._say)
        receipt_key.ensure(self.settings)
        try:
            self._supervisor.boot()
            self._start_all(processes)
        except BaseException:
            self._stop_what_was_starting()
            raise

    def _stop_what_was_starting(self) -> None:
        try:
            self._stop_all()
        except StackError as error:
            # Reported, not raised: the error that matters is why the start failed.
            self._say(f"What was starting could not be stopped: {error}")

    def _start_all(self, processes: bool) -> None:
        self._began.clear()
        self._start_servers(processes)
        if processes:
            self._start_processes()

    def _stop_all(self) -> None:
        if self._supervisor.is_up():
            self._stop_programs()
            self._supervisor.shutdown()
        self._end_orphans()

    def _stop_programs(self) -> None:
        # Tasks report their end to Airflow's API server, so that is stopped after the processes that run them.
        names = [program.name for program in self._airflow]
        self._in_parallel(self.stop, [*names[1:], *(process.name for process in self._processes)])
        for api_server in names[:1]:
            self.stop(api_server)
        self._in_parallel(self.stop, [server.name for server in self._servers])

    def _end_orphans(self) -> None:
        if orphans := self._supervisor.end_orphans():
            self._say(f"Ended {len(orphans)} processes that a killed supervisor had left behind: {orphans}")

    def _start_servers(self, processes: bool) -> None:
        starts: list[Callable[[], None]] = [partial(self._start, server) for server in self._servers]
        self._in_parallel(lambda start: start(), [*starts, self._launch_airflow] if processes else starts)

    def _launch_airflow(self) -> None:
        """Has Airflow started beside the other servers, all but what starts tasks: these need the others' schemas."""
        if self._airflow and not self.is_up():
            airflow_environment.ensure(self._say)
            self._await_health(next(server for server in self._servers if server.name == "postgres"))
            airflow.prepare(self.settings)
            for program in self._airflow:
                if program.name != airflow.SCHEDULER:
                    self._begin(program)

    def _start_processes(self) -> None:
        if not self.is_up():
            self._in_parallel(lambda preparation: preparation.run(self.environment()), PREPARATIONS)
            self._say("Cassandra's schema, Kafka's topics and the tables in Postgres are up to date")
            self._fill_tables()
        self._in_parallel(self._start, [*self._airflow, *self._processes])
        if self.settings.stack_sample_view_rate > 0:
            self._await_sample_views()
            if self._airflow:
                self._await_first_runs()

    def _fill_tables(self) -> None:
        fillings = [partial(ADMIN_USER.run, {**self.environment(), "VITRINE_ADMIN_PASSWORD": admin_password()})]
        if self.settings.stack_sample_view_rate > 0:
            fillings.append(partial(SAMPLE_SHOP.run, self.environment()))
        self._in_parallel(lambda fill: fill(), fillings)

    def _start(self, program: Program) -> None:
        if program.name not in self._began:
            state, process_id = self._supervisor.state_and_id(program.name)
            if state == "RUNNING" and program.is_healthy(process_id):
                return
            self._begin(program)
        self._await_health(program)
        program.complete()
        seconds = time.monotonic() - self._began.pop(program.name)
        self._say(f"{program.name:21} healthy after {seconds:4.1f} s  {program.url}".rstrip())

    def _begin(self, program: Program) -> None:
        self._raise_if_cancelled()
        self._began[program.name] = time.monotonic()
        program.prepare()
        self._supervisor.start(program.name)

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise StackError("another start has failed")

    def _await_health(self, program: Program) -> None:
        seen: set[int] = set()
        # Several of each start at once, and share the processors.
        at_once = max(self.settings.stack_kafka_brokers, self.settings.stack_cassandra_nodes)
        for _ in _tries(HEALTHY_WITHIN_SECONDS * at_once):
            self._raise_if_cancelled()
            state, process_id = self._supervisor.state_and_id(program.name)
            if state == "RUNNING" and program.is_healthy(process_id):
                return
            seen |= {process_id} - {0}
            if state == "FATAL" or len(seen) > STARTS or (state == "BACKOFF" and not seen):
                raise StackError(self._with_log(f"{program.name} ends instead of starting", program))
        raise StackError(self._with_log(f"{program.name} is not healthy", program))

    def _await_sample_views(self) -> None:
        user = sample_user(self.settings)
        if not any(latest_products(self.settings, user) for _ in _tries(60)):
            raise StackError(f"the API shows no sample views of {user} after 60 s")

    def _await_first_runs(self) -> None:
        """Waits until the sample shop's orders and best sellers are in Cassandra; Airflow starts these by itself."""
        # Remembered, because a login makes a new API server spend seconds on building its login pages.
        done = airflow.home(self.settings) / "first-runs-done"
        if done.exists():
            return
        self._say("Airflow carries the sample shop's orders over (once)")
        connected = airflow.api(self.settings)
        if any(airflow.have_succeeded(connected) for _ in _tries(FIRST_RUNS_WITHIN_SECONDS)):
            done.touch()
        else:
            self._say(
                f"{' and '.join(airflow.SCHEDULED)} have not succeeded yet; {airflow.url(self.settings)} shows why"
            )

    def _in_parallel(self, action: Callable[[Item], None], items: Sequence[Item]) -> None:
        """Runs `action` on all items at once. The first error cancels the other starts and is raised when they end."""
        with ThreadPoolExecutor(len(items)) as pool:
            try:
                for done in as_completed([pool.submit(action, item) for item in items]):
                    done.result()
            except BaseException:
                self._cancelled.set()
                pool.shutdown()
                self._cancelled.clear()
                raise

    def _with_log(self, complaint: str, program: Program) -> str:
        log = self.settings.stack_data_folder / "logs" / f"{program.name}.log"
        return f"{complaint}; the end of {log}:\n{self._supervisor.log_tail(program.name)}"

    def _program(self, name: str) -> Program:
        for program in self._programs:
            if program.name == name:
                return program
        raise StackError(f"there is no process {name!r}, only {', '.join(each.name for each in self._programs)}")

    def _own_files(self) -> Iterable[str]:
        yield from (program.name for program in self._servers)
        yield from (
            "airflow",
            "logs",
            "jars",
            "lake",
            "model",
            "secrets",
            "warehouse",
            "lock",
            "sample-views.jsonl.gz",
            "part-sample-views.jsonl.gz",
        )

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        folder = self.settings.stack_data_folder
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StackError(f"the stack in {folder} is being started or stopped by another command") from None
            yield


def temporary_settings(folder: Path, *, members: int = 1) -> StackSettings:
    """Settings of a stack for a test or a benchmark: free ports, small heaps, the jars of this checkout.

    `members` is how many brokers there are, and how many nodes.
    """
    names = [name for name in StackSettings.model_fields if name.endswith("_port")]
    ports: dict[str, Any] = dict(zip(names, free_ports(), strict=False))
    return StackSettings(
        stack_data_folder=folder,
        stack_kafka_brokers=members,
        stack_cassandra_nodes=members,
        stack_kafka_heap_mb=256,
        stack_cassandra_heap_mb=768 if members == 1 else 384,
        stack_airflow=False,
        **ports,
    )


def free_ports() -> Iterator[int]:
    """Ports that no server listens on, below those that the system gives to outgoing connections."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 12_000):
        if preflight.is_free(port):
            yield port


def _remove(path: Path) -> None:
    """Removes a file or a folder with all in it; somebody else may be removing parts of it at the same time."""
    while path.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _tries(seconds: float) -> Iterator[None]:
    """Yields ten times a second until the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.1)
