from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from api.actions import record_times
from vitrine.events import Context, ProductView, Properties

NOW = 1_800_000_000_000
TIMESTAMP = "2026-11-21T10:00:00Z"


def view(userid: str, timestamp: str | None = None) -> ProductView:
    return ProductView("ProductView", "message", userid, Properties("product"), Context("desktop"), timestamp)


def test_views_of_a_user_without_a_time_end_now_and_keep_their_order() -> None:
    assert record_times([view("a"), view("a"), view("b"), view("a")], now_ms=NOW) == [NOW - 2, NOW - 1, NOW, NOW]


def test_a_view_with_a_time_takes_none_of_another() -> None:
    given_one = [view("a"), view("a", TIMESTAMP), view("a")]
    assert record_times(given_one, now_ms=NOW) == [NOW - 1, 0, NOW]
    assert record_times([], now_ms=NOW) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=50))
def test_the_times_of_each_user_increase_up_to_now(given_views: list[tuple[str, bool]]) -> None:
    views = [view(user, TIMESTAMP if has_time else None) for user, has_time in given_views]
    times = record_times(views, now_ms=NOW)
    of_users = defaultdict(list)
    for each, time in zip(views, times, strict=True):
        if each.timestamp is None:
            of_users[each.userid].append(time)
        else:
            assert time == 0
    for mine in of_users.values():
        assert mine == list(range(NOW - len(mine) + 1, NOW + 1))
