"""What the checks find is kept and told of once for each change, and decides whether marts are published."""

from tests.integration.analytics.receivers import MailServer, WebhookServer
from tests.integration.analytics.running import Analytics

BROKEN = "UPDATE marts.customer_profiles SET baskets = -1 WHERE customer_id = 'user-1'"
MENDED = "UPDATE marts.customer_profiles SET baskets = 1 WHERE customer_id = 'user-1'"
CHECK = "between_customer_profiles_baskets__0"


def test_a_broken_mart_is_not_published_and_told_of_once(
    analytics: Analytics, mail: MailServer, webhook: WebhookServer
) -> None:
    analytics.notify = f"{mail.address} {webhook.address}"
    analytics.run("quality")
    analytics.run("publish")
    published = analytics.in_postgres("SELECT publish_id FROM marts.publish")
    assert not mail.mails
    assert not webhook.messages

    analytics.change(BROKEN)
    assert "run the step quality" in analytics.refuse("publish")
    assert CHECK in analytics.refuse("quality")
    assert CHECK in analytics.refuse("publish")
    assert analytics.in_postgres("SELECT publish_id FROM marts.publish") == published
    assert analytics.in_postgres("SELECT min(baskets) > 0 FROM marts.customer_profiles") == [(True,)]
    assert analytics.in_postgres(
        "SELECT model, column_name, rule, status, failed_rows, sample_keys FROM quality.results"
        f" WHERE check_name = '{CHECK}' AND status <> 'pass'"
    ) == [("customer_profiles", "baskets", "between", "fail", 1, [{"customer_id": "user-1"}])]
    assert analytics.refuse("quality")
    assert [message["title"] for message in webhook.messages] == ["Vitrine: 1 checks of the marts fail"]
    assert [f"fails: {CHECK} (1 rows" in str(message) for message in mail.mails] == [True]

    analytics.change(MENDED)
    analytics.run("quality")
    analytics.run("publish")
    assert [f"passes again: {CHECK}" in message["message"] for message in webhook.messages] == [False, True]
    assert len(mail.mails) == 2
    assert analytics.in_postgres("SELECT publish_id FROM marts.publish") != published
    assert analytics.in_postgres("SELECT failed, is_published FROM quality.runs ORDER BY finished_at") == [
        (0, True),
        (1, False),
        (1, False),
        (0, True),
    ]


def test_what_no_address_took_is_told_of_by_the_next_run(analytics: Analytics, webhook: WebhookServer) -> None:
    analytics.notify, webhook.status = webhook.address, 503
    analytics.change(BROKEN)
    analytics.refuse("quality")
    assert webhook.messages == []
    webhook.status = 200
    analytics.refuse("quality")
    assert len(webhook.messages) == 1


def test_figures_are_kept_over_time(analytics: Analytics) -> None:
    run_id = analytics.run("quality")["run_id"]
    ((lines, spend),) = analytics.in_warehouse(
        "SELECT count(*), sum(spend) FROM marts.fct_order_line WHERE source = 'shop' AND quantity > 0"
    )
    found = dict(
        analytics.in_postgres(
            f"SELECT metric, value FROM quality.metrics WHERE run_id = '{run_id}' AND source = 'shop'"
        )
    )
    assert (found["lines"], found["spend"]) == (lines, spend)


def test_what_is_not_built_is_said(analytics: Analytics) -> None:
    analytics.warehouse_file.unlink()
    assert "have not been checked yet" in analytics.refuse("publish")
