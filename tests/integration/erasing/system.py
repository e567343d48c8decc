"""All places that hold something of a person, and the real commands that erase it."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from local_stack.postgres import SUPERUSER
from tests.integration.shop_tables import create_shop_database, execute_on_server
from tests.integration.storage.keyspaces import connected_link
from tests.integration.view_consumer.flow import Flow, event
from tests.unit.vitrine.lake.reading import rows
from vitrine.erasing import online
from vitrine.erasing.online import Cassandra
from vitrine.erasing.receipts import Part
from vitrine.lake import events
from vitrine.lake.place import Lake
from vitrine.settings import LakeSettings, ShopDatabaseSettings
from vitrine.streaming import Erasure, ErasurePublisher, Selection, open_letters, read_erasures


@dataclass(frozen=True)
class System:
    flow: Flow
    folder: Path
    database: str

    @classmethod
    @contextmanager
    def made(cls, flow: Flow, folder: Path) -> Iterator["System"]:
        name = f"test_{uuid.uuid4().hex}"
        settings = ShopDatabaseSettings(
            postgres_host="127.0.0.1",
            postgres_port=flow.stack.settings.stack_postgres_port,
            postgres_user=SUPERUSER,
            shop_database=name,
        )
        create_shop_database(settings)
        try:
            yield cls(flow, folder, name)
        finally:
            execute_on_server(settings, f'DROP DATABASE "{name}" WITH (FORCE)')

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.flow.environment(),
            "VITRINE_SHOP_DATABASE": self.database,
            "VITRINE_MODEL_FOLDER": str(self.folder / "model"),
            "VITRINE_MODEL_PRODUCTS": "1000",
            "VITRINE_LAKE": str(self.folder / "lake"),
            "VITRINE_WAREHOUSE_FILE": str(self.folder / "warehouse" / "warehouse.duckdb"),
        }

    @property
    def lake(self) -> Lake:
        return Lake(LakeSettings(lake=str(self.folder / "lake")))

    def with_a_topic_of_its_own(self) -> "System":
        """As where the Kafka that there is now never heard of any erasure."""
        kafka = self.flow.kafka.model_copy(update={"erasures_topic": f"erasures-{uuid.uuid4()}"})
        return replace(self, flow=replace(self.flow, kafka=kafka))

    def run(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **self.environment},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def do_the_rest(self) -> dict[str, int]:
        """What the DAG does; what `finish` says."""
        self.run("vitrine.erasing", "complete")
        said = self.run("vitrine.analytics", "erase-pending")
        return dict(json.loads(self.run("vitrine.erasing", "finish", given=said)))

    def accept(self, person: str) -> Erasure:
        """What the API does while Cassandra is away."""
        erasure = Erasure.of(person, now=time.time())
        with closing(ErasurePublisher(self.flow.kafka)) as publisher:
            publisher.publish([erasure])
        return erasure

    def view(self, person: str, *numbers: int) -> None:
        self.flow.produce([(person, event(person, number)) for number in numbers])

    def show(self, person: str) -> None:
        message = {
            "recommendation-id": str(uuid.uuid4()),
            "user-id": person,
            "endpoint": "trending",
            "products": ["product-1"],
            "sources": ["trending"],
            "shown-at": datetime.now(UTC).isoformat(),
        }
        producer = Producer({"bootstrap.servers": self.flow.kafka.kafka_bootstrap_servers})
        producer.produce(self.flow.kafka.shown_topic, json.dumps(message).encode(), person.encode())
        assert producer.flush(30) == 0

    def consume(self) -> None:
        with self.flow.consuming() as consumer:
            self.flow.await_done()
            consumer.terminate()

    def land(self) -> None:
        with self.lake.alone():
            events.land(self.lake, self.flow.kafka, now=time.time())

    def in_lake(self, person: str) -> list[int]:
        """How many views, and how many lists that were shown."""
        counted = f"count(*) FILTER (user_id = '{person}')"
        tables = ("product_views", "recommendations_shown")
        return [rows(self.lake, "events", table, counted, "1")[0][0] for table in tables]

    def in_cassandra(self, person: str) -> int:
        return sum(user == person for user, _, _ in self.flow.rows())

    def letters(self) -> set[str]:
        return {(each.key or b"").decode() for each in open_letters(self.flow.kafka, Selection())}

    def parts(self, erasure: Erasure) -> dict[str, Part]:
        with self.tables() as tables:
            return online.known_parts(tables, erasure)

    @contextmanager
    def tables(self) -> Iterator[Cassandra]:
        with connected_link(self.flow.cassandra) as link:
            yield Cassandra.on(link)

    def forget_erasures(self) -> None:
        """As in a Cassandra that was restored from an older backup."""
        with connected_link(self.flow.cassandra) as link:
            link.session.execute(f"TRUNCATE {self.flow.cassandra.cassandra_keyspace}.erasures", timeout=120)

    def known(self) -> list[Erasure]:
        with closing(read_erasures(self.flow.kafka)) as log:
            return log.erasures

    def summary(self) -> dict[str, Any]:
        """A model rebuilt."""
        return dict(json.loads(self.run("vitrine.pipelines", "rebuild-model")))
