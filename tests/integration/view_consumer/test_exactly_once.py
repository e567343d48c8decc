"""Whatever happens on the way, each view is in the table once, counted, and committed."""

import time
from contextlib import ExitStack

from tests.integration.storage.servers import stopped
from tests.integration.view_consumer.flow import Flow, assert_all_once, load, many
from tests.waiting import wait_until
from vitrine.streaming.group import SESSION_TIMEOUT_MS

VIEWS = 40_000


def await_committed(flow: Flow, count: int) -> None:
    wait_until(lambda: sum(flow.committed().values()) > count, what=lambda: f"{count} committed")


def test_a_consumer_killed_in_the_middle(flow: Flow) -> None:
    views = many(VIEWS)
    flow.produce((identity[0], value) for identity, value in views)
    with flow.consuming() as first:
        await_committed(flow, VIEWS // 10)
        first.kill()
    done = sum(flow.committed().values())
    assert done < VIEWS, "it was not killed in the middle"
    assert flow.count() >= done, "offsets were committed before their views were written"
    with flow.consuming() as second:
        assert_all_once(flow, [identity for identity, _ in views])
        assert second.peak_memory_mb() < 200
        second.terminate()


def test_a_topic_replayed_by_another_group(flow: Flow) -> None:
    views = many(5000)
    flow.produce((identity[0], value) for identity, value in views)
    for each in (flow, flow.in_another_group()):
        with each.consuming() as process:
            assert_all_once(each, [identity for identity, _ in views])
            if each is flow:
                before = flow.write_times()
            process.terminate()
    assert flow.write_times() == before


def test_an_event_with_a_time_of_its_own_sent_again_is_the_same_view(flow: Flow) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    views = [(identity, value[:-1] + f', "timestamp": "{stamp}"}}'.encode()) for identity, value in many(1000)]
    for _ in range(2):
        flow.produce((identity[0], value) for identity, value in [*views, *views])
    with flow.consuming():
        assert_all_once(flow, [identity for identity, _ in views])


def test_an_event_without_a_time_sent_again_is_another_view(flow: Flow) -> None:
    """Its time is that of its Kafka record. Each record is one row, however often it is read."""
    views = many(1000)
    for _ in range(2):
        flow.produce((identity[0], value) for identity, value in views)
        time.sleep(0.01)  # so that none is sent in the millisecond of the round before
    for each in (flow, flow.in_another_group()):
        with each.consuming() as process:
            assert_all_once(each, [identity for identity, _ in [*views, *views]])
            process.terminate()


def test_cassandra_stopped_for_20_seconds_under_load(flow: Flow) -> None:
    with flow.consuming() as process:
        with load(flow, views_per_second=500) as views:
            before = flow.await_members(1)
            await_committed(flow, 500)
            with stopped(flow.stack, "cassandra"):
                process.await_log("Cassandra is away")
                time.sleep(2)
                committed = flow.committed()
                # Longer than the session timeout: who does not show up for that long loses its place.
                time.sleep(18)
                assert flow.committed() == committed, "offsets were committed without a write"
                assert flow.members() == before
            process.await_log("Cassandra is back")
            time.sleep(1)
        assert_all_once(flow, views)
        assert flow.members() == before
        away, back = process.warnings()
        assert "Cassandra is away" in away
        assert "Cassandra is back" in back
        assert process.peak_memory_mb() < 200


def test_the_broker_restarted_under_load(flow: Flow) -> None:
    with flow.consuming() as process:
        with load(flow, views_per_second=500) as views:
            await_committed(flow, 500)
            with stopped(flow.stack, "kafka"):
                process.await_log("Kafka is away")
            time.sleep(2)
        assert_all_once(flow, views)
        # A broker that stops in good order drops its connections first, and may take new ones for a moment.
        assert 1 <= process.count("Kafka is away") == process.count("Kafka is back") <= 2, process.log
        assert not any("Cassandra" in line for line in process.warnings()), process.log
        process.terminate()


def test_two_consumers_share_the_work(flow: Flow) -> None:
    """The second joins in the middle, the first leaves in the middle."""
    with ExitStack() as processes:
        first = processes.enter_context(flow.consuming())
        with load(flow, views_per_second=1000) as views:
            flow.await_members(1)
            await_committed(flow, 1000)
            second = processes.enter_context(flow.consuming())
            shares = flow.await_members(2).values()
            assert [len(share) for share in shares] == [1, 1]
            time.sleep(1)
            first.terminate()
            left = time.monotonic()
            flow.await_members(1)
            assert time.monotonic() - left < SESSION_TIMEOUT_MS / 1000, "it did not say that it left"
            time.sleep(1)
        assert_all_once(flow, views)
        second.terminate()
        for process in (first, second):
            assert process.count("written: ") > 0
            assert not process.warnings(), process.log
