"""What the checks find is kept and told of once for each change, and decides whether marts are published."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from benchmarks.lakes import land
from tests.integration.analytics.receivers import MailServer, WebhookServer
from tests.integration.analytics.running import Analytics
from vitrine.analytics import quality
from vitrine.analytics.checks import Check
from vitrine.analytics.notifying import notify
from vitrine.analytics.steps import message_of
from vitrine.errors import SchemaError, SettingsError

CHECK = "between_customer_profiles_0__baskets"


def run_of(**statuses: str) -> quality.Run:
    """A run in which the checks came out so."""
    now = datetime.now(UTC)
    checks = [Check(name, "mart", None, "rule", status, 1, "Got 1 result", []) for name, status in statuses.items()]
    return quality.Run(str(uuid4()), now, now, checks, {})


def tell(analytics: Analytics, run: quality.Run, addresses: Sequence[str]) -> None:
    """As the step does."""
    changes = quality.record(analytics.settings, run)
    if changes:
        title, text = message_of(changes, run)
        if notify(addresses, title=title, text=text):
            quality.note_told(analytics.settings, changes, run.finished_at)


def test_a_broken_mart_is_not_published_and_told_of(
    analytics: Analytics, mail: MailServer, webhook: WebhookServer
) -> None:
    analytics.notify = f"{mail.address} {webhook.address}"
    assert "have not been checked yet" in analytics.refuse("publish")
    assert analytics.run("quality")["checks"] > 100
    said = analytics.run("publish")
    published = analytics.in_postgres("SELECT publish_id FROM marts.publish")
    assert published == [(said["publish_id"],)]
    assert not mail.mails
    assert not webhook.messages
    ((lines, spend),) = analytics.in_warehouse(
        "SELECT count(*), sum(spend) FROM marts.fct_order_line WHERE source = 'shop' AND quantity > 0"
    )
    figures = dict(analytics.in_postgres("SELECT metric, value FROM quality.metrics WHERE source = 'shop'"))
    assert (figures["lines"], figures["spend"]) == (lines, spend)
    assert analytics.in_postgres(
        "SELECT value FROM quality.metrics WHERE metric = 'rejected_rows' AND source = 'shop.orders'"
    ) == [(2,)]

    analytics.change("UPDATE marts.customer_profiles SET baskets = -1 WHERE customer_id = 'user-1'")
    assert "run the step quality" in analytics.refuse("publish")
    assert CHECK in analytics.refuse("quality")
    assert CHECK in analytics.refuse("publish")
    assert analytics.in_postgres("SELECT publish_id FROM marts.publish") == published
    assert analytics.in_postgres("SELECT min(baskets) >= 0 FROM marts.customer_profiles") == [(True,)]
    assert analytics.in_postgres(
        "SELECT check_name, model, column_name, rule, failed_rows, sample_keys FROM quality.results"
        " WHERE status = 'fail'"
    ) == [(CHECK, "customer_profiles", "baskets", "between", 1, [{"customer_id": "user-1"}])]
    assert [message["title"] for message in webhook.messages] == ["Vitrine: 1 checks of the marts fail"]
    assert [f"fails: {CHECK} (1 rows" in str(message) for message in mail.mails] == [True]
    assert analytics.in_postgres("SELECT failed, is_published FROM quality.runs ORDER BY finished_at") == [
        (0, True),
        (1, False),
    ]


def test_a_change_is_told_of_once(analytics: Analytics, mail: MailServer, webhook: WebhookServer) -> None:
    addresses = (mail.address, webhook.address)
    tell(analytics, run_of(a="pass", b="pass"), addresses)
    assert not webhook.messages
    for _ in range(3):
        tell(analytics, run_of(a="fail", b="pass"), addresses)
    assert [message["title"] for message in webhook.messages] == ["Vitrine: 1 checks of the marts fail"]
    tell(analytics, run_of(a="fail", b="error"), addresses)
    tell(analytics, run_of(a="skipped", b="error"), addresses)
    assert ["fails: b" in message["message"] for message in webhook.messages] == [False, True]
    for _ in range(2):
        tell(analytics, run_of(a="pass", b="pass"), addresses)
    assert "passes again: a\npasses again: b" in webhook.messages[-1]["message"]
    assert len(webhook.messages) == len(mail.mails) == 3


def test_what_no_address_took_is_told_of_by_the_next_run(analytics: Analytics, webhook: WebhookServer) -> None:
    webhook.status = 503
    tell(analytics, run_of(a="fail"), [webhook.address])
    assert not webhook.messages
    webhook.status = 200
    tell(analytics, run_of(a="fail"), [webhook.address])
    assert len(webhook.messages) == 1


def test_without_its_tables_a_run_says_what_makes_them(analytics: Analytics) -> None:
    with analytics.connection() as connection, connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA quality CASCADE")
    with pytest.raises(SchemaError, match=r"manage\.py migrate"):
        quality.record(analytics.settings, run_of(a="pass"))


def test_what_is_no_address_is_said_without_repeating_it() -> None:
    with pytest.raises(SettingsError, match="address 1 is none") as raised:
        notify(["nonsense:secret"], title="", text="")
    assert "secret" not in str(raised.value)


def test_a_run_builds_again_what_has_changed_only(analytics: Analytics) -> None:
    analytics.run("run")
    assert analytics.in_postgres("SELECT count(*) > 0 FROM marts.customer_profiles") == [(True,)]
    unchanged = '{"step": "marts", "unchanged": true}'
    said, publish = analytics.attempt("run").stdout, analytics.in_postgres("SELECT publish_id FROM marts.publish")
    assert unchanged in said
    assert f'{{"step": "publish", "unchanged": true, "publish_id": "{publish[0][0]}"}}' in said
    assert analytics.in_postgres("SELECT is_published FROM quality.runs") == [(True,), (True,)]
    columns = "order_id VARCHAR, user_id VARCHAR, ordered_at TIMESTAMP, changed_at TIMESTAMP, is_deleted BOOLEAN"
    row = ("order-1", "", "", "2026-11-21 00:00:00", True)
    orders = analytics.in_warehouse("SELECT count(*) FROM staging.stg_shop__orders")[0][0]
    land(analytics.folder / "lake" / "shop" / "orders", columns, [row], name="deleted")
    assert unchanged not in analytics.attempt("run").stdout
    assert analytics.in_warehouse("SELECT count(*) FROM staging.stg_shop__orders") == [(orders - 1,)]
    assert analytics.in_postgres("SELECT sum(baskets) FROM marts.sales_by_day") == [(orders - 1,)]
