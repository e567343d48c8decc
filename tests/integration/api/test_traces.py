"""A posted view is followed from its request to its row, by its trace and by the id of its request.

What receives the spans decodes OTLP's own protobuf; the product has no such server, so that it stands in for none.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from local_stack.stack import LocalStack, free_ports
from tests.integration.api.serving import NO_SERVERS, await_ready, serving
from tests.integration.view_consumer.flow import Flow, event, new_flow
from tests.waiting import wait_until
from vitrine.settings import CassandraSettings, load
from vitrine.streaming import OpenLetter, Selection, ensure_topics, open_letters, settle

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    id: str
    parent: str
    nanoseconds: int
    attributes: dict[str, Any]


@dataclass
class Receiver:
    """What has come so far; `port` is open as long as its block runs."""

    port: int
    spans: list[Span] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def of_request(self, request_id: str, count: int) -> dict[str, Span]:
        """By service, once so many have come."""

        def found() -> list[Span]:
            return [span for span in self.spans if span.attributes.get("vitrine.request_id") == request_id]

        wait_until(lambda: len(found()) >= count, what=lambda: str(self.spans))
        return {span.service: span for span in found()}


@contextmanager
def receiving(port: int | None = None) -> Iterator[Receiver]:
    receiver = Receiver(port or next(free_ports()))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.spans.extend(spans_in(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", receiver.port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def spans_in(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for of_resource in request.resource_spans:
        service = values(of_resource.resource.attributes)["service.name"]
        for span in (span for scope in of_resource.scope_spans for span in scope.spans):
            yield Span(
                service,
                span.name,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                span.end_time_unix_nano - span.start_time_unix_nano,
                values(span.attributes),
            )


def values(attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf's own list
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@pytest.fixture
def flow(prepared_stack: LocalStack, tmp_path: Path) -> Flow:
    """Topics of its own, and the tables of all."""
    made = new_flow(prepared_stack, tmp_path)
    ensure_topics(made.kafka)
    keyspace = load(CassandraSettings).cassandra_keyspace
    return replace(made, cassandra=made.cassandra.model_copy(update={"cassandra_keyspace": keyspace}))


@contextmanager
def system(flow: Flow, tmp_path: Path, **variables: str) -> Iterator[str]:
    """API and consumer over these topics; the API's address."""
    environment = flow.environment() | variables | {"VITRINE_MODEL_FOLDER": str(tmp_path)}
    with serving(tmp_path, **environment) as api:
        with flow.consuming(**variables) as process:
            await_ready(api)
            yield api.url
            process.terminate()
        log = api.log.read_text()
    assert "Traceback" not in log, log


def test_a_view_is_followed_from_its_request_to_its_row(flow: Flow, tmp_path: Path) -> None:
    userid, request_id = f"user-{uuid.uuid4()}", f"request-{uuid.uuid4()}"
    with receiving() as receiver, system(flow, tmp_path, VITRINE_OTLP_ENDPOINT=receiver.url) as url:
        body = event(userid, 17, "lamp", messageid="message-17")
        answer = httpx.post(f"{url}events/", content=body, headers=JSON | {"x-request-id": request_id})
        assert answer.status_code == 202
        spans = receiver.of_request(request_id, 2)
        request, stored = spans["vitrine-api"], spans["vitrine-view-consumer"]
        assert request.name == "POST api/v1/events/"
        assert request.attributes["http.response.status_code"] == 202
        assert (stored.trace, stored.parent) == (request.trace, request.id)
        assert stored.attributes["vitrine.outcome"] == "written"
        assert stored.nanoseconds > 0
        # From here to the row: the message at that place has the user, in whose partition the message id names the row.
        place = (stored.attributes["messaging.destination.name"], stored.attributes["messaging.kafka.offset"])
        assert place == (flow.kafka.views_topic, 0)
        assert stored.attributes["messaging.message.id"] == "message-17"
        shown = httpx.get(f"{url}user_nav_history_latest_products/", headers={"user-id": userid}).json()
        assert shown["products"] == ["lamp"]
        assert not any(userid in json.dumps(span.attributes) for span in receiver.spans)


def test_a_trace_goes_on_where_its_caller_began_it(flow: Flow, tmp_path: Path) -> None:
    trace, parent, request_id = "a" * 32, "b" * 16, f"request-{uuid.uuid4()}"
    with receiving() as receiver, system(flow, tmp_path, VITRINE_OTLP_ENDPOINT=receiver.url) as url:
        headers = JSON | {"x-request-id": request_id, "traceparent": f"00-{trace}-{parent}-01"}
        httpx.post(f"{url}events/", content=event("user-1", 1), headers=headers).raise_for_status()
        spans = receiver.of_request(request_id, 2)
        assert {span.trace for span in spans.values()} == {trace}
        assert spans["vitrine-api"].parent == parent
        nonsense = f"request-{uuid.uuid4()}"
        headers = JSON | {"x-request-id": nonsense, "traceparent": "00-nonsense"}
        httpx.post(f"{url}events/", content=event("user-1", 1), headers=headers).raise_for_status()
        assert receiver.of_request(nonsense, 2)["vitrine-api"].parent == ""


def test_a_dead_letter_names_its_request_and_keeps_it_when_it_is_replayed(flow: Flow) -> None:
    """The API refuses what is no view, so that it is sent by hand."""
    request_id = f"request-{uuid.uuid4()}"
    headers = {"x-request-id": request_id, "traceparent": f"00-{'c' * 32}-{'d' * 16}-01"}
    with receiving() as receiver, flow.consuming(VITRINE_OTLP_ENDPOINT=receiver.url) as process:
        send(flow, b"no view", headers)
        span = receiver.of_request(request_id, 1)["vitrine-view-consumer"]
        assert span.trace == "c" * 32
        assert span.attributes["vitrine.outcome"] == "dead letter"
        assert "JSON is malformed" in span.attributes["vitrine.reason"]
        (letter,) = open_letters(flow.kafka, Selection())
        assert letter.as_json()["request_id"] == request_id
        assert settle(flow.kafka, Selection(), "replayed").settled == 1
        found: list[OpenLetter] = []

        def has_come_back() -> bool:
            # That it was replayed may be known a moment later.
            found[:] = [each for each in open_letters(flow.kafka, Selection()) if each.offset != letter.offset]
            return bool(found)

        wait_until(has_come_back, what="no letter came back")
        assert [again.request_id for again in found] == [request_id]
        process.terminate()


def test_of_a_share_of_the_traces_each_is_whole(flow: Flow, tmp_path: Path) -> None:
    ids = [f"request-{uuid.uuid4()}" for _ in range(60)]
    variables = {"VITRINE_TRACES_SHARE": "0.5"}
    with receiving() as receiver, system(flow, tmp_path, VITRINE_OTLP_ENDPOINT=receiver.url, **variables) as url:
        for number, request_id in enumerate(ids):
            headers = JSON | {"x-request-id": request_id}
            httpx.post(f"{url}events/", content=event("user-1", number), headers=headers).raise_for_status()
        flow.await_done()
        # Spans are sent every five seconds.
        wait_until(lambda: is_settled(receiver), what="spans keep coming")
    found: dict[str, set[str]] = {}
    for span in receiver.spans:
        if span.attributes.get("vitrine.request_id") in ids:
            found.setdefault(span.attributes["vitrine.request_id"], set()).add(span.service)
    assert 10 < len(found) < 50
    assert all(services == {"vitrine-api", "vitrine-view-consumer"} for services in found.values())


def send(flow: Flow, value: bytes, headers: dict[str, str]) -> None:
    producer = Producer({"bootstrap.servers": flow.kafka.kafka_bootstrap_servers})
    producer.produce(flow.kafka.views_topic, value, headers=list(headers.items()))
    assert producer.flush(60) == 0


def is_settled(receiver: Receiver) -> bool:
    """Nothing has come for longer than spans wait before they are sent."""
    before = len(receiver.spans)
    time.sleep(11)
    return before > 0 and len(receiver.spans) == before


def test_a_receiver_that_is_away_is_said_once_and_holds_up_nothing(flow: Flow, tmp_path: Path) -> None:
    port = next(free_ports())
    variables = {"VITRINE_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
    with serving(tmp_path, **(NO_SERVERS | variables | {"VITRINE_API_WORKERS": "1"})) as api:
        for _ in range(20):
            began = time.monotonic()
            assert httpx.get(f"{api.url}health/live/", timeout=120).status_code == 200
            assert time.monotonic() - began < 5
        sentence = "The receiver of traces is away"
        wait_until(lambda: sentence in api.log.read_text(), what=api.log.read_text)
        with receiving(port) as receiver:

            def is_back() -> bool:
                httpx.get(f"{api.url}health/live/", timeout=120)
                return bool(receiver.spans)

            wait_until(is_back, what=api.log.read_text)
        assert api.log.read_text().count(sentence) == 1
    with flow.consuming(**variables) as process:
        headers = {"traceparent": f"00-{'c' * 32}-{'d' * 16}-01"}
        send(flow, event("user-1", 1), headers)
        flow.await_done()
        process.terminate()
