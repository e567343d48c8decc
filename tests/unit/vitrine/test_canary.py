"""The canary's views are valid, short-lived, and its own."""

from vitrine import canary, events
from vitrine.storage import view_row

NOW = 1_800_000_000.0
DAY = 86_400.0


def test_its_view_is_a_view_like_any_other() -> None:
    view = events.parse(canary.view("canary-1", now=NOW, retention_seconds=90 * DAY), now=NOW)
    assert canary.is_canary(view.userid)
    assert view.properties.productid == "canary-1"
    assert view_row(view, time=NOW, now=NOW, retention_seconds=90 * DAY)


def test_it_is_stored_for_an_hour_or_half_of_a_shorter_retention() -> None:
    for retention, kept in ((90 * DAY, 3600.0), (600.0, 300.0)):
        view = events.decode(canary.view("canary-1", now=NOW, retention_seconds=retention))
        time = events.viewed_at(view, record_time=NOW, now=NOW)
        assert NOW - time == retention - kept


def test_of_two_the_later_is_the_newer() -> None:
    times = [
        events.viewed_at(
            events.decode(canary.view("canary-1", now=now, retention_seconds=90 * DAY)), record_time=now, now=now
        )
        for now in (NOW, NOW + 0.01)
    ]
    assert times == sorted(set(times))


def test_nobody_else_is_taken_for_it() -> None:
    assert not any(map(canary.is_canary, ("user-1", "vitrine", "canary", "vitrine:canary2", "")))
