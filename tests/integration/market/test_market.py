"""The market, from the sources through market_raw into tables with keys."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import psycopg2
import pytest

from test_data_generator.market import Market
from tests.integration.market.conftest import TODAY, SampleMarket
from tests.waiting import wait_until
from vitrine.settings import load

TOMORROW = TODAY + timedelta(days=1)
MADE = Market(states=3, businesses_a_state=65)
SEARCH, CENSUS = "/v3/businesses/search", "/data/"
# Answers that say 200 and are something else.
GARBAGE = ("<html>Sign in</html>", '{"businesses": "none"}', "[]", '{"error": {"code": "X"}}', '{"businesses": [], ')


def businesses(day: Any = TODAY) -> list[dict[str, Any]]:  # noqa: ANN401 - a date
    return [each for state in MADE.chosen() for each in MADE.businesses(state, day)]


def test_it_is_what_the_sources_have(market: SampleMarket) -> None:
    assert market.run("run") == 0
    assert market.rows("SELECT state_id, fips, name, region, division, capital FROM market.states ORDER BY name") == [
        (state.abbreviation, state.fips, state.name, state.region, state.division, state.capital)
        for state in MADE.chosen()
    ]
    counties = {
        (state.fips + code, name.partition(",")[0], state.abbreviation, inhabitants)
        for state in MADE.chosen()
        for code, name, inhabitants in MADE.counties(state)
    }
    query = "SELECT county_id, name, counties.state_id, population FROM market.counties JOIN market.populations"
    assert set(market.rows(f"{query} USING (county_id) WHERE year = 2023")) == counties
    query = "SELECT state_id, population FROM market.populations WHERE county_id IS NULL"
    assert set(market.rows(query)) == {(state.abbreviation, MADE.population(state)) for state in MADE.chosen()}
    expected = businesses()
    assert len(expected) > 150
    assert set(
        market.rows(
            "SELECT business_id, name, state_id, city, is_closed, day, rating::float, reviews"
            " FROM market.businesses JOIN market.ratings USING (business_id)"
        )
    ) == {
        (
            *(each["id"], each["name"], each["location"]["state"], each["location"]["city"], each["is_closed"]),
            *(TODAY, each["rating"], each["review_count"]),
        )
        for each in expected
    }
    assert set(market.rows("SELECT business_id, category_id FROM market.business_categories")) == {
        (each["id"], category["alias"]) for each in expected for category in each["categories"]
    }


def test_a_second_run_of_the_day_asks_for_no_business_and_changes_nothing(filled: SampleMarket) -> None:
    content, written, asked = filled.content(), written_rows(filled), filled.requests()
    assert filled.run("run") == 0
    assert filled.content() == content
    assert written_rows(filled) == written
    # The page, and the census twice.
    assert filled.requests() == asked + 3


def written_rows(market: SampleMarket) -> int:
    """How many rows have been inserted, changed or deleted."""
    market.rows("SELECT pg_stat_force_next_flush()")
    ((count,),) = market.rows(
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables"
        " WHERE schemaname = 'market' AND relname <> 'landings'"
    )
    return int(count)


def test_each_day_adds_a_rating(filled: SampleMarket) -> None:
    assert filled.run("run", today=TOMORROW) == 0
    assert set(filled.rows("SELECT business_id, day, rating::float, reviews FROM market.ratings")) == {
        (each["id"], day, each["rating"], each["review_count"]) for day in (TODAY, TOMORROW) for each in businesses(day)
    }
    assert filled.rows("SELECT DISTINCT last_seen_on FROM market.businesses") == [(TOMORROW,)]


def test_what_was_fetched_a_month_ago_is_forgotten_and_its_ratings_are_kept(market: SampleMarket) -> None:
    assert market.run("run", today=TODAY - timedelta(days=40)) == 0
    assert market.run("run") == 0
    assert market.rows("SELECT DISTINCT day FROM market_raw.listings") == [(TODAY,)]
    assert market.counts()["ratings"] == 2 * len(businesses())


def test_a_category_that_a_business_has_no_more_is_taken_from_it(filled: SampleMarket) -> None:
    filled.fail({"path": SEARCH, "kind": "body", "body": page({"id": "b-1", "categories": category("toys", "shoes")})})
    assert filled.run("land", "listings", today=TOMORROW) == 0
    assert filled.run("normalise") == 0
    query = "SELECT category_id FROM market.business_categories WHERE business_id = 'b-1' ORDER BY 1"
    assert filled.rows(query) == [("shoes",), ("toys",)]
    later = TOMORROW + timedelta(days=1)
    filled.fail({"path": SEARCH, "kind": "body", "body": page({"id": "b-1", "categories": category("shoes")})})
    assert filled.run("land", "listings", today=later) == 0
    assert filled.run("normalise") == 0
    assert filled.rows(query) == [("shoes",)]


def page(*changed: dict[str, Any]) -> str:
    """A page of listings that differ in this from a good one."""
    good = {
        "id": "good",
        "name": "Good Toys",
        "rating": 4.5,
        "review_count": 7,
        "location": {"state": "AL"},
        "categories": category("toys"),
    }
    return json.dumps({"businesses": [{**good, **each} for each in changed], "total": len(changed)})


def category(*aliases: str) -> list[dict[str, str]]:
    return [{"alias": alias, "title": alias.title()} for alias in aliases]


@pytest.mark.parametrize("kind", ["429", "500", "503", "cut"])
def test_it_asks_again_and_nothing_is_missing(market: SampleMarket, kind: str) -> None:
    market.fail(
        {"path": SEARCH, "kind": kind, "after": 2, "times": 2},
        {"path": CENSUS, "kind": kind, "times": 1},
        {"path": "/states.html", "kind": kind, "times": 1},
    )
    assert market.run("land", "states-page", "census", "listings") == 0
    assert market.rows("SELECT count(*), count(DISTINCT id) FROM market_raw.listings") == [(len(businesses()),) * 2]


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_once_is_asked_for_again(market: SampleMarket, body: str) -> None:
    market.fail(
        {"path": SEARCH, "kind": "body", "after": 1, "body": body},
        {"path": CENSUS, "kind": "body", "body": body},
        {"path": "/states.html", "kind": "body", "body": "<html><table></table></html>"},
    )
    assert market.run("land", "states-page", "census", "listings") == 0
    assert market.rows("SELECT count(*) FROM market_raw.listings") == [(len(businesses()),)]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "429"}, f"{SEARCH} answered 429: "),
        ({"kind": "500"}, f"{SEARCH} answered 500: "),
        ({"kind": "body", "body": "<html>"}, f"{SEARCH}: the answer is not JSON"),
        ({"kind": "body", "body": '{"total": 5}'}, f"{SEARCH}: the answer has no list `businesses`"),
    ],
)
def test_what_fails_for_good_is_one_sentence_and_leaves_the_rest_running(
    market: SampleMarket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: dict[str, Any],
    said: str,
) -> None:
    monkeypatch.setenv("VITRINE_MARKET_ATTEMPTS", "2")
    load.cache_clear()
    market.fail({"path": SEARCH, "times": 99, **fault})
    assert market.run("land", "states-page", "listings", "census") == 1
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("vitrine.market: ")]
    assert sentence.startswith(f"vitrine.market: listings: {market.url}{said}")
    assert "sample-key" not in sentence
    assert market.rows("SELECT count(*) FROM market_raw.listings") == [(0,)]
    assert market.rows("SELECT count(*) FROM market_raw.census_states") == [(3,)]
    # The next run finds a server that is well again, and a day with nothing done.
    market.fail()
    assert market.run("land", "listings") == 0
    assert market.rows("SELECT count(*) FROM market_raw.listings") == [(len(businesses()),)]


def test_an_answer_that_is_cut_for_good_is_said(
    market: SampleMarket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_MARKET_ATTEMPTS", "2")
    load.cache_clear()
    market.fail({"path": CENSUS, "kind": "cut", "times": 99})
    assert market.run("land", "census") == 1
    assert "vitrine.market: census: ('Connection broken: IncompleteRead(100 bytes read" in capsys.readouterr().err


def test_a_wrong_key_is_said_and_never_shown(
    market: SampleMarket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_LISTINGS_KEY", "another-key")
    monkeypatch.setenv("VITRINE_CENSUS_KEY", "census-key")
    load.cache_clear()
    market.fail({"path": CENSUS, "kind": "403", "times": 9})
    assert market.run("land", "states-page", "census", "listings") == 1
    output = capsys.readouterr().err
    assert "acs5 answered 403: " in output
    assert f"{SEARCH} answered 401: " in output
    assert "TOKEN_INVALID" in output
    assert "-key" not in output


@pytest.mark.parametrize(
    ("source", "variable"),
    [("listings", "VITRINE_LISTINGS_KEY"), ("states-page", "VITRINE_STATES_PAGE_URL")],
)
def test_a_source_without_its_setting_is_named(
    market: SampleMarket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    variable: str,
) -> None:
    monkeypatch.delenv(variable)
    load.cache_clear()
    assert market.run("land", source) == 1
    assert f"vitrine.market: {source}: {variable} is not set" in capsys.readouterr().err


def test_a_run_leaves_out_what_has_no_setting_and_does_the_rest(
    market: SampleMarket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VITRINE_LISTINGS_KEY")
    load.cache_clear()
    assert market.run("run") == 0
    assert "listings is left out: VITRINE_LISTINGS_KEY is not set" in capsys.readouterr().err
    counts = market.counts()
    assert (counts["states"], counts["populations"] > 3, counts["businesses"]) == (3, True, 0)


def test_rows_that_do_not_fit_are_set_aside_with_the_reason_and_the_rest_is_kept(
    market: SampleMarket, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert market.run("land", "states-page") == 0
    bad = page(
        {"id": "b-1"},
        {"id": "b-2", "rating": 7},
        {"id": "b-3", "location": None},
        {"id": "", "name": "No id"},
        {"id": "b-5", "review_count": "many"},
        {"id": "b-6", "delivers": True},
    )
    market.fail({"path": SEARCH, "kind": "body", "body": bad})
    capsys.readouterr()
    for rejected_rows in (4, 0):
        assert market.run("land", "listings") == 0
        (summary,) = json.loads(capsys.readouterr().out)
        assert summary["rejected"] == rejected_rows
    kept = {identity for (identity,) in market.rows("SELECT id FROM market_raw.listings")}
    assert {"b-1", "b-6"} <= kept
    assert not {"b-2", "b-3", "", "b-5"} & kept
    rejected = market.rows("SELECT row::json ->> 'id', reason, day, source FROM market.rejected_rows ORDER BY 1")
    assert [(each[0], *each[2:]) for each in rejected] == [
        (identity, TODAY, "listings") for identity in ("", "b-2", "b-3", "b-5")
    ]
    assert rejected[1][1] == "Expected `float` <= 5.0 - at `$.rating`"
    assert "listings: the field delivers is new, and is not kept" in caplog.messages


def test_a_census_that_has_not_counted_is_set_aside(market: SampleMarket) -> None:
    rows = [["NAME", "B01003_001E", "state"], ["Alabama", "-666666666", "01"], ["Alaska", "5", "02"]]
    market.fail({"path": CENSUS, "kind": "body", "body": json.dumps(rows)})
    assert market.run("land", "census") == 0
    assert market.rows("SELECT name, population FROM market_raw.census_states") == [("Alaska", 5)]
    assert market.rows("SELECT source, row::json ->> 'NAME' FROM market.rejected_rows") == [("census", "Alabama")]


def test_a_business_beyond_the_border_has_no_state(market: SampleMarket) -> None:
    market.fail({"path": SEARCH, "kind": "body", "body": page({"id": "b-1", "location": {"state": "ON"}})})
    assert market.run("run") == 0
    assert market.rows("SELECT state_id FROM market.businesses WHERE business_id = 'b-1'") == [(None,)]


def test_a_killed_run_goes_on_where_it_ended(market: SampleMarket) -> None:
    assert market.run("land", "states-page") == 0
    # The second page waits for its Retry-After until it is killed.
    market.fail({"path": SEARCH, "kind": "429", "after": 1, "times": 99})
    asked = market.requests()
    with subprocess.Popen(
        [sys.executable, "-m", "vitrine.market", "land", "listings"], env=os.environ, stderr=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: market.requests() >= asked + 3, what="it does not ask again")
        process.send_signal(signal.SIGKILL)
    assert market.rows("SELECT count(*) FROM market_raw.listings") == [(0,)]
    market.fail()
    assert market.run("run") == 0
    assert market.counts()["businesses"] == len(businesses())


def test_keys_are_kept_by_postgres(filled: SampleMarket) -> None:
    for statement in (
        "INSERT INTO market.counties VALUES ('99001', 'Nowhere', 'ZZ') RETURNING 1",
        "INSERT INTO market.ratings (business_id, day, rating, reviews) VALUES ('no', '2026-11-25', 3, 1) RETURNING 1",
        "UPDATE market.states SET state_id = 'AK' WHERE state_id = 'AL' RETURNING 1",
    ):
        with pytest.raises(psycopg2.IntegrityError):
            filled.rows(statement)
