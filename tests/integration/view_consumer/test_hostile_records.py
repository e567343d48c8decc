"""Whatever lies in Kafka becomes a row, a dead letter, or a count, once; and what comes after it goes on."""

import json
import random
import re
import time
from collections import Counter

from confluent_kafka import Producer

from tests.integration.view_consumer.flow import Flow, event
from tests.integration.view_consumer.hostile_producer import send
from tests.integration.view_consumer.test_dead_letters import headers
from tests.integration.view_consumer.test_erasing import erase
from tests.integration.view_consumer.test_settling_dead_letters import command
from vitrine.streaming import dead_letters

Headers = list[tuple[bytes, bytes]]
HOSTILE: list[Headers] = [
    [(b"\xff\xfe", b"x")],
    [(b"x-request-id", b"\xff\r\n2026-11-25 ERROR forged")],
    [(b"x-request-id", b"\x1b[2J"), (b"x-request-id", b"")],
    [(b"", b"")],
    [(b"\xf0\x9f", b"\0" * 1000), (b"traceparent", b"\xff" * 60)],
    [(b"h" * 5000, b"v" * 5000)],
    [(b"n%d" % number, b"") for number in range(500)],
    [(b"dead-letter-reason", b"forged"), (b"origin-topic", b"erasures"), (b"origin-offset", b"9" * 5000)],
    [(b"dead-letter-settled", b"dropped"), (b"dead-letter-partition", b"0"), (b"dead-letter-offset", b"0")],
]


def test_no_header_stops_the_consumer(flow: Flow) -> None:
    messages = []
    for number, hostile in enumerate(HOSTILE):
        messages += [
            (b"user-1", event("user-1", number), hostile),
            (b"user-1", b"no view: %d" % number, hostile),
        ]
    send(flow.kafka.kafka_bootstrap_servers, flow.kafka.views_topic, messages)
    with flow.consuming(VITRINE_LOG_FORMAT="text") as process:
        flow.await_done()
        process.terminate()
    assert len(flow.rows()) == len(HOSTILE)
    letters = flow.dead_letters()
    assert {letter.value() for letter in letters} == {b"no view: %d" % number for number in range(len(HOSTILE))}
    assert {headers(letter)["origin-topic"] for letter in letters} == {flow.kafka.views_topic}
    assert "\x1b" not in process.log
    assert all(
        re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ +[\w.]+: ", line) for line in process.log.splitlines()
    )


def test_what_somebody_puts_among_the_dead_letters_stops_no_command(flow: Flow) -> None:
    """Each is passed over or shown, on a line of its own; the one that can be replayed is."""
    flow.produce([("user-1", b"no view")])
    with flow.consuming() as process:
        flow.await_done()
        process.terminate()
    origin = {dead_letters.ORIGIN_PARTITION: b"0", dead_letters.ORIGIN_OFFSET: b"0"}
    forged = [
        {dead_letters.ORIGIN_TOPIC: b"t", dead_letters.ORIGIN_TIMESTAMP: b"9" * 30},
        {dead_letters.ORIGIN_TOPIC: b"t", dead_letters.ORIGIN_TIMESTAMP: b"-99"},
        {dead_letters.ORIGIN_TOPIC: b"t", dead_letters.ORIGIN_TIMESTAMP: b"9" * 5000},
        {dead_letters.ORIGIN_TOPIC: b"a b\n", dead_letters.ORIGIN_TIMESTAMP: b"0"},
        {dead_letters.ORIGIN_TOPIC: b"", dead_letters.ORIGIN_TIMESTAMP: b"0"},
    ]
    shown = {
        dead_letters.REASON: "two\nlines \x1b[2J\u202e\x9b".encode(),
        dead_letters.ORIGIN_TOPIC: flow.kafka.views_topic.encode(),
        dead_letters.ORIGIN_TIMESTAMP: b"0",
    }
    producer = Producer({"bootstrap.servers": flow.kafka.kafka_bootstrap_servers})
    for each in [*({dead_letters.REASON: b"forged", **each} for each in forged), shown]:
        pairs: list[tuple[str, str | bytes | None]] = [*(origin | each).items()]
        producer.produce(flow.kafka.dead_letter_topic, "\u202e\x9b\n".encode(), headers=pairs)
    assert producer.flush(30) == 0
    listed = command(flow, "list")
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 3), listed.stdout + listed.stderr
    assert r"two\u000alines \u001b[2J\u202e\u009b" in listed.stdout
    assert listed.stderr.count("it is passed over") == len(forged)
    told = command(flow, "show")
    assert not re.search("[\x1b\x9b\u202e]", listed.stdout + told.stdout)
    texts = [json.loads(line) for line in told.stdout.splitlines()]
    assert [text["value"] for text in texts] == ["no view", "\u202e\x9b\n"]
    replayed = command(flow, "replay", "--all")
    assert replayed.returncode == 0, replayed.stderr
    assert "2 dead letters replayed" in replayed.stdout


def test_all_that_was_received_is_a_row_or_a_letter_or_counted(flow: Flow) -> None:
    """Of 3,000 messages of every kind, without anybody's clock: what there is in the end adds up, and nothing twice."""
    erase(flow, "user-erased")
    dice = random.Random(3)
    sent = [_message(dice, number) for number in range(3000)]
    send(flow.kafka.kafka_bootstrap_servers, flow.kafka.views_topic, [each[1:] for each in sent])
    with flow.consuming() as process:
        flow.await_done(seconds=120)
        process.terminate()
    expected = Counter(kind for kind, *_ in sent)
    rows, letters = flow.rows(), flow.dead_letters()
    assert {message for _, message, _ in rows} == {
        f"m-{number}" for number, each in enumerate(sent) if each[0] == "view"
    }
    assert len(rows) == expected["view"]
    places = {(headers(letter)["origin-partition"], headers(letter)["origin-offset"]) for letter in letters}
    assert len(places) == len(letters) == expected["letter"]
    counted = Counter[str]()
    for name, count in re.findall(r"(written|dead letters|older than retention|erased): (\d+)", process.log):
        counted[name] += int(count)
    assert counted == {
        "written": expected["view"],
        "dead letters": expected["letter"],
        "older than retention": expected["old"],
        "erased": expected["erased"],
    }
    assert sum(counted.values()) == len(sent)


def _message(dice: random.Random, number: int) -> tuple[str, bytes, bytes, Headers]:
    """What it has to become, then key, value and headers."""
    hostile = dice.choice([[], [], dice.choice(HOSTILE)])
    kind = dice.choice(["view", "view", "letter", "letter", "old", "erased"])
    user = "user-erased" if kind == "erased" else f"user-{number % 50}"
    good = event(user, number)
    if kind == "old":
        return kind, user.encode(), event(user, number, timestamp="0001-01-01T00:00:00+14:00"), hostile
    if kind == "erased":
        before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
        return kind, user.encode(), event(user, number, timestamp=before), hostile
    if kind == "letter":
        bad = [
            dice.randbytes(dice.randrange(200)),
            good[: dice.randrange(len(good))],
            good.replace(b"ProductView", dice.choice([b"", b"Purchase", b"\\u0000", b"\xff"])),
            good.replace(b'"userid"', b'"userid":7,"userid"', 1).replace(b'"user-', b'"user \\n', 1),
            b"[" * dice.randrange(100_000),
            b'{"event":' + b"9" * dice.randrange(100_000) + b"}",
        ]
        return kind, dice.choice([user.encode(), dice.randbytes(9)]), dice.choice(bad), hostile
    return kind, user.encode(), good, hostile
