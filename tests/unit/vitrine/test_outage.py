import pytest

from vitrine.outage import Outage


def test_away_and_back_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("Cassandra")
    outage.end()
    for reason in ("Cassandra: refused", "another reason"):
        outage.begin(reason)
    assert outage.is_on
    outage.end()
    outage.end()
    assert not outage.is_on
    outage.begin(ValueError("again"))
    assert caplog.messages == [
        "Cassandra is away, waiting for it: refused",
        "Cassandra is back",
        "Cassandra is away, waiting for it: again",
    ]
