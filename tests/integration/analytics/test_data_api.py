"""The data API over marts that were really published, with a real Valkey, and without the servers that it can miss."""

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import httpx
import pandas
import pytest
import redis

from api.analytics.publishes import REMEMBERED_SECONDS
from api.analytics.resources import CUSTOMERS, HOUSEHOLDS, LISTS, SALES, Kind
from local_stack.stack import free_ports, temporary_settings
from local_stack.valkey import valkey, valkey_url
from tests.end_to_end import newman
from tests.integration.analytics.running import Analytics
from tests.integration.api.serving import NO_SERVERS, Api, serving
from tests.waiting import wait_until


@contextmanager
def valkey_running(folder: Path) -> Iterator[str]:
    settings = temporary_settings(folder)
    program = valkey(settings)
    process = subprocess.Popen(program.command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: program.is_healthy(process.pid), what="Valkey does not answer", pause=0.1)
        yield valkey_url(settings)
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="module")
def cache_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with valkey_running(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@contextmanager
def client_of(analytics: Analytics, folder: Path, valkey: str) -> Iterator[httpx.Client]:
    """Cassandra and Kafka are not there: the data API needs neither. `valkey` is empty where no address is set."""
    address = {"VITRINE_VALKEY_URL": valkey} if valkey else {}
    with (
        serving(folder, **{**NO_SERVERS, **analytics.environment, **address}) as api,
        connected(api) as client,
    ):
        yield client


def connected(api: Api) -> httpx.Client:
    return httpx.Client(base_url=f"{api.url}analytics/", timeout=120)


@pytest.fixture(scope="module")
def client(published: Analytics, cache_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_of(published, tmp_path_factory.mktemp("api"), cache_url) as connection:
        yield connection


@pytest.fixture(scope="module")
def lines(real_data: Path) -> pandas.DataFrame:
    """The lines of the file, returns among them, with the department and category of each product."""
    folder = real_data / "completejourney"
    sold = pandas.read_csv(
        folder / "transactions_sample.csv.gz", dtype=AS_WRITTEN, parse_dates=["transaction_timestamp"]
    )
    listed = pandas.read_csv(folder / "products.csv.gz", dtype=str).set_index("product_id")
    found = sold.drop_duplicates().join(listed[["department", "product_category"]].fillna("unknown"), on="product_id")
    found = found.fillna({"department": "unknown", "product_category": "unknown"})
    # Cents, whose sums are exact.
    return found.assign(
        cents=(found.sales_value * 100).round().astype(int), day=found.transaction_timestamp.dt.normalize()
    )


@pytest.fixture(scope="module")
def bought(lines: pandas.DataFrame) -> pandas.DataFrame:
    """Without returns."""
    return lines[lines.quantity > 0]


AS_WRITTEN = dict.fromkeys(("household_id", "store_id", "basket_id", "product_id"), str)


def get(client: httpx.Client, path: str, **parameters: object) -> dict[str, Any]:
    answer = client.get(path, params={name: str(value) for name, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def all_rows(client: httpx.Client, path: str, **parameters: object) -> list[dict[str, Any]]:
    body = get(client, path, **parameters)
    rows: list[dict[str, Any]] = body["rows"]
    while body["next"]:
        body = get(client, path, **parameters, cursor=body["next"])
        rows += body["rows"]
    return rows


def refusal(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


def chosen_households(lines: pandas.DataFrame) -> list[str]:
    """Who spends most, who has only one basket, who has returned most."""
    bought = lines[lines.quantity > 0].groupby("household_id")
    return [
        str(bought.cents.sum().idxmax()),
        str(bought.basket_id.nunique().idxmin()),
        str(lines[lines.quantity <= 0].groupby("household_id").size().idxmax()),
    ]


def test_a_household_is_what_its_lines_say(client: httpx.Client, lines: pandas.DataFrame, real_data: Path) -> None:
    """Its figures a second time, by pandas from the file."""
    described = pandas.read_csv(real_data / "completejourney" / "demographics.csv.gz", dtype=str)
    newest = lines.day.max()
    for household in chosen_households(lines):
        profile = get(client, f"households/{household}/")
        mine = lines[lines.household_id == household]
        kept = mine[mine.quantity > 0]
        times = kept.transaction_timestamp.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert {name: profile[name] for name in PROFILE} == {
            "household_id": household,
            "baskets": kept.basket_id.nunique(),
            "lines": len(kept),
            "quantity": kept.quantity.sum(),
            "spend": pytest.approx(kept.cents.sum() / 100),
            "returned_lines": len(mine) - len(kept),
            "average_basket": pytest.approx(kept.cents.sum() / 100 / kept.basket_id.nunique(), abs=0.006),
            "first_basket_at": times.min(),
            "last_basket_at": times.max(),
            "recency_days": (newest - kept.day.max()).days,
            "favourite_categories": favourites(kept),
        }
        them = described[described.household_id == household].rename(
            columns={"household_comp": "household_composition"}
        )
        expected = them.iloc[0].to_dict() if len(them) else {}
        assert profile["demographics"] == {name: expected.get(name) for name in profile["demographics"]}
        assert set(profile["demographics"]) == set(them.columns) - {"household_id"}


PROFILE = (
    *("household_id", "baskets", "lines", "quantity", "spend", "returned_lines", "average_basket", "first_basket_at"),
    *("last_basket_at", "recency_days", "favourite_categories"),
)


def favourites(bought: pandas.DataFrame) -> list[str]:
    known = bought[bought.product_category != "unknown"]
    spent = known.groupby("product_category", as_index=False).cents.sum()
    return list(spent.sort_values(["cents", "product_category"], ascending=[False, True]).product_category[:3])


def test_classes_by_value_are_fifths_by_spend(client: httpx.Client, bought: pandas.DataFrame) -> None:
    """The first fifth spends most and is of high value, two more are in the middle."""
    spent = bought.groupby("household_id", as_index=False).cents.sum()
    spent = spent.sort_values(["cents", "household_id"], ascending=[False, True]).household_id.tolist()
    size, more = divmod(len(spent), 5)
    high, middle = size + min(more, 1), 3 * size + min(more, 3)
    for name, expected in {"high": spent[:high], "middle": spent[high:middle], "low": spent[middle:]}.items():
        rows = all_rows(client, "households/", value_class=name, limit=1000)
        assert {row["household_id"] for row in rows} == set(expected)
        segments = all_rows(client, "segments/", source="completejourney")
        assert sum(row["owners"] for row in segments if row["value_class"] == name) == len(expected)


PERIODS = {"day": "D", "week": "W-SUN", "month": "M"}


@pytest.mark.parametrize("by", PERIODS)
def test_sales_by_a_period_are_the_sums_of_its_lines(
    client: httpx.Client, lines: pandas.DataFrame, bought: pandas.DataFrame, by: str
) -> None:
    found = {row["period"]: row for row in all_rows(client, "sales/", by=by, source="completejourney")}
    starts = bought.transaction_timestamp.dt.to_period(PERIODS[by]).dt.start_time.dt.strftime("%Y-%m-%d")
    groups = bought.groupby(starts)
    figures = {
        "lines": groups.size(),
        "quantity": groups.quantity.sum(),
        "baskets": groups.basket_id.nunique(),
        "owners": groups.household_id.nunique(),
    }
    for name, expected in figures.items():
        assert {period: row[name] for period, row in found.items()} == expected.to_dict(), name
    assert {period: round(row["spend"] * 100) for period, row in found.items()} == groups.cents.sum().to_dict()
    assert sum(row["returned_lines"] for row in found.values()) == len(lines) - len(bought)


def test_sales_by_category_are_the_sums_of_its_lines(client: httpx.Client, bought: pandas.DataFrame) -> None:
    """Of some days, both of which are included."""
    some = bought[bought.day.between("2017-03-01", "2017-03-31")]
    groups = some.groupby(["department", "product_category"])
    dates = {"from": "2017-03-01", "to": "2017-03-31"}
    rows = all_rows(client, "sales/", by="category", source="completejourney", **dates)
    rows = [row for row in rows if row["lines"]]
    key = {(row["department"], row["category"]): row for row in rows}
    assert len(key) == len(rows)
    assert {name: row["lines"] for name, row in key.items()} == groups.size().to_dict()
    assert {name: row["quantity"] for name, row in key.items()} == groups.quantity.sum().to_dict()
    assert {name: round(row["spend"] * 100) for name, row in key.items()} == groups.cents.sum().to_dict()
    days = all_rows(client, "sales/", by="day", source="completejourney", **dates)
    assert (days[0]["period"], days[-1]["period"]) == ("2017-03-01", "2017-03-31")


def test_pairs_are_counted_by_basket(client: httpx.Client, bought: pandas.DataFrame) -> None:
    ((first, _),) = Counter(bought.product_id).most_common(1)
    baskets = bought.groupby("product_id").basket_id.agg(set)
    total = bought.basket_id.nunique()
    rows = all_rows(client, "pairs/", product=first, source="completejourney")
    together = {other: len(baskets[first] & mine) for other, mine in baskets.items() if other != first}
    frequent = {other: count for other, count in together.items() if count >= PAIR_MINIMUM_BASKETS}
    assert {row["other_product_id"]: row["baskets_together"] for row in rows} == frequent
    for row in rows:
        both, other = row["baskets_together"], len(baskets[row["other_product_id"]])
        assert row["support"] == pytest.approx(both / total, abs=1e-6)
        assert row["confidence"] == pytest.approx(both / len(baskets[first]), abs=1e-6)
        assert row["lift"] == pytest.approx(both * total / len(baskets[first]) / other, abs=1e-6)


# As in warehouse/dbt_project.yml.
PAIR_MINIMUM_BASKETS = 3


def test_cohorts_are_those_who_came_back(client: httpx.Client, bought: pandas.DataFrame) -> None:
    months = bought.transaction_timestamp.dt.to_period("M")
    active = pandas.DataFrame({"household": bought.household_id, "month": months}).drop_duplicates()
    active["first"] = active.groupby("household").month.transform("min")
    counts = active.groupby(["first", "month"]).size()
    rows = all_rows(client, "cohorts/", source="completejourney")
    found = {(row["cohort_month"][:7], row["months_later"]): row["active_owners"] for row in rows}
    expected = {(str(first), (month - first).n): count for (first, month), count in counts.items()}
    assert {key: count for key, count in found.items() if count} == expected
    assert all(row["retention"] == pytest.approx(row["active_owners"] / row["owners"], abs=1e-6) for row in rows)


def test_a_customer_is_what_their_orders_say(client: httpx.Client, published: Analytics) -> None:
    """By plain SQL over the files of the lake."""
    with duckdb.connect() as lake:
        folder = published.folder / "lake" / "shop"
        (user, orders, pieces, spend, first), *_ = lake.execute(
            f"""
            SELECT user_id, count(DISTINCT order_id), sum(quantity), sum(quantity * price), min(ordered_at)
            FROM '{folder}/orders/**/*.parquet' JOIN '{folder}/order_items/**/*.parquet' USING (order_id)
            JOIN '{folder}/products/**/*.parquet' USING (product_id)
            GROUP BY user_id ORDER BY 4 DESC
            """
        ).fetchall()
    profile = get(client, f"customers/{user}/")
    assert (profile["customer_id"], profile["baskets"], profile["quantity"]) == (user, orders, pieces)
    assert profile["spend"] == pytest.approx(float(spend))
    assert profile["first_basket_at"][:19] == first.isoformat()[:19]
    assert profile["value_class"] == "high"
    recommended = all_rows(client, "recommendations/", owner_kind="customer", owner=user)
    assert [row["rank"] for row in recommended] == list(range(1, 11))
    assert all(row["reason"] for row in recommended)


def test_pages_hold_each_row_once_in_order(client: httpx.Client, published: Analytics) -> None:
    rows = all_rows(client, "households/", limit=97)
    assert [(row["household_id"],) for row in rows] == published.in_postgres(
        "SELECT household_id FROM marts.household_profiles ORDER BY spend DESC, household_id DESC"
    )


def test_filters_leave_what_they_name(client: httpx.Client, published: Analytics) -> None:
    rows = all_rows(client, "households/", value_class="high", segment="champion", limit=1000)
    assert {(row["value_class"], row["segment"]) for row in rows} == {("high", "champion")}
    ((product, count),) = published.in_postgres(
        "SELECT product_id, count(*) FROM marts.basket_pairs GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    pairs = all_rows(client, "pairs/", product=product, limit=5)
    assert len(pairs) == count
    assert {pair["product_id"] for pair in pairs} == {product}


@pytest.mark.parametrize("resource", (HOUSEHOLDS, CUSTOMERS, *SALES.values(), *LISTS), ids=lambda each: each.name)
def test_columns_are_those_that_were_published(published: Analytics, resource: Any) -> None:  # noqa: ANN401 - any of them
    """With their types: what the OpenAPI document says of them is so."""
    columns = ", ".join(resource.expressions.get(name, name) for name in resource.columns)
    groups = f" GROUP BY {resource.group_by}" if resource.group_by else ""
    with published.connection() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {resource.table}{groups} LIMIT 0")
        codes = [column.type_code for column in cursor.description or ()]
        cursor.execute("SELECT oid, typname FROM pg_type")
        names = dict(cursor.fetchall())
    short = {Kind.WHOLE: {"int8", "int4"}, Kind.FLAG: {"bool"}}
    found = dict(zip(resource.columns, (names[code] for code in codes), strict=True))
    assert {
        name: kind
        for name, kind in found.items()
        if kind not in short.get(resource.columns[name], {resource.columns[name].value})
    } == {}


@pytest.mark.parametrize("resource", LISTS, ids=lambda each: each.name)
def test_each_list_has_its_columns(client: httpx.Client, resource: Any) -> None:  # noqa: ANN401
    body = get(client, f"{resource.name}/", limit=3)
    assert set(body) == {"publish_id", "published_at", "rows", "next"}
    assert all(list(row) == list(resource.columns) for row in body["rows"])


def test_the_etag_is_the_publish(client: httpx.Client, published: Analytics) -> None:
    ((publish,),) = published.in_postgres("SELECT publish_id FROM marts.publish")
    for path in ("segments/", "sales/?by=day", f"households/{get(client, 'households/')['rows'][0]['household_id']}/"):
        answer = client.get(path)
        assert answer.headers["etag"] == f'"{publish}"'
        assert answer.json()["publish_id"] == publish
        again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", f'"{publish}"')
        assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("sales/", "by must be day, week, month or category"),
        ("sales/?by=year", "by must be day, week, month or category"),
        ("sales/?by=day&from=yesterday", "from must be a date such as"),
        ("sales/?by=day&from=2026-02-01&to=2026-01-01", "from must not be after to"),
        ("pairs/?lift_from=much", "lift_from must be a number"),
        ("pairs/?product=%00", "product must be a text"),
        ("pairs/?prodct=1", "no query parameter prodct"),
        ("pairs/?limit=0", "limit must be a whole number from 1 to 1000"),
        ("pairs/?cursor=nonsense", "cursor must be the `next`"),
        ("pairs/?cursor=WyJ4Il0", "cursor must be the `next`"),
        ("pairs/?limit=1001", "limit must be a whole number from 1 to 1000"),
        ("pairs/?limit=5&limit=6", "limit must be given once"),
        ("sales/?by=month&to=2026-13-01", "to must be a date such as"),
        ("sales/?by=category&cursor=WyJtdWNoIiwieCJd", "cursor must be the `next`"),
        ("households/?value_class=hihg", "value_class must be high, middle, low or none"),
        ("recommendations/?owner_kind=user", "owner_kind must be household or customer"),
        ("slow-movers/?status=fast", "status must be slow, never sold or sold out"),
        ("quality/?status=good", "status must be pass, warn, fail, error or skipped"),
        ("households/1/?limit=5", "no query parameter limit; there are none here"),
        ("households/a%20b/", "id in the path"),
        ("customers/a%20b/", "id in the path"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(client: httpx.Client, path: str, words: str) -> None:
    assert words in refusal(client.get(path), 400)


def test_nobody_of_that_id(client: httpx.Client) -> None:
    assert refusal(client.get("households/nobody/"), 404) == "There is no profile of nobody."
    assert refusal(client.get("customers/nobody/"), 404) == "There is no profile of nobody."


def test_a_new_publish_shows_within_a_second(published: Analytics, cache_url: str, tmp_path: Path) -> None:
    """Although the aggregate was kept, and the worker knows which publish was there: its key has the publish in it."""
    with client_of(published, tmp_path, cache_url) as client:
        before, household = get(client, "segments/"), get(client, "households/")["rows"][0]["household_id"]
        with published.connection() as connection, connection, connection.cursor() as cursor:
            cursor.execute("UPDATE marts.segments SET owners = owners + 1000")
        assert get(client, "segments/") == before, "it was kept"
        assert get(client, f"households/{household}/")["publish_id"] == before["publish_id"]
        published.run("publish")
        with published.connection() as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE marts.segments SET owners = owners + 500; UPDATE marts.publish SET publish_id = 'newer'"
            )
        # Each worker has read the new one by then.
        time.sleep(REMEMBERED_SECONDS)
        for _ in range(10):
            after = get(client, "segments/")
            assert after["publish_id"] == "newer"
            assert [row["owners"] for row in after["rows"]] == [row["owners"] + 500 for row in before["rows"]]
            assert get(client, f"households/{household}/")["publish_id"] == "newer"
            assert client.get("segments/", headers={"If-None-Match": f'"{before["publish_id"]}"'}).status_code == 200
        # An erasure leaves the tables, and gives the publish another id.
        with published.connection() as connection, connection, connection.cursor() as cursor:
            cursor.execute("UPDATE marts.publish SET publish_id = 'without them'")
        time.sleep(REMEMBERED_SECONDS)
        for _ in range(10):
            assert get(client, f"households/{household}/")["publish_id"] == "without them"
    with published.connection() as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE marts.segments SET owners = owners - 500; UPDATE marts.publish SET publish_id = 'newest'"
        )


# One of each kind: aggregates that are kept, others that are not.
SAME = ("segments/", "sales/?by=category", "sales/?by=day&limit=9", "pairs/?limit=7", "cohorts/", "households/?limit=9")


def contents(client: httpx.Client) -> list[bytes]:
    """Twice, so that what can be kept is kept; each worker by itself."""
    answers = [client.get(path) for _ in range(2) for path in SAME]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.content for answer in answers]


def cache_state(client: httpx.Client) -> str:
    """As health/ says. Cassandra is not there, so the answer is a 503; the state is in it all the same."""
    answer = client.get(str(client.base_url).replace("analytics/", "health/"))
    assert answer.status_code == 503
    return str(answer.json()["cache"])


def test_without_valkey_the_answers_are_the_same_to_the_byte(published: Analytics, tmp_path: Path) -> None:
    with valkey_running(tmp_path) as url, client_of(published, tmp_path, url) as client:
        assert cache_state(client) == "up"
        expected = contents(client)
        with redis.Redis.from_url(url) as valkey:
            keys = valkey.dbsize()
            assert keys == len(SAME) - 1, "aggregates are kept, a list of profiles is not"
            assert contents(client) == expected
            assert valkey.dbsize() == keys
            valkey.shutdown(nosave=True)
        wait_until(lambda: cache_state(client) == "down", what="Valkey is not missed", pause=0.1)
        assert contents(client) == expected
    with client_of(published, tmp_path, "") as client:
        assert cache_state(client) == "off"
        assert contents(client) == expected


def test_the_postman_folder_passes(client: httpx.Client) -> None:
    assert_postman_passes(client)


def assert_postman_passes(client: httpx.Client) -> None:
    done = newman.run(str(client.base_url.join("/")).rstrip("/"), "analytics", "--folder", "Analytics")
    assert done.returncode == 0, done.stdout + done.stderr


def test_before_anything_is_published(postgres_port: int, cache_url: str, tmp_path: Path) -> None:
    empty = Analytics(tmp_path, postgres_port, f"shop_{uuid4().hex}")
    empty.make_database()
    with client_of(empty, tmp_path, cache_url) as client:
        for path in ("segments/", "households/1/", "quality/", "quality/runs/"):
            assert refusal(client.get(path), 404).startswith("Nothing has been published yet")
        assert_postman_passes(client)


def test_postgres_away_is_said_and_costs_others_nothing(cache_url: str, tmp_path: Path) -> None:
    nowhere = Analytics(tmp_path, next(free_ports()), "none")
    with client_of(nowhere, tmp_path, cache_url) as client:
        for path in ("segments/", "households/1/", "quality/"):
            answer = client.get(path)
            assert refusal(answer, 503) == "Postgres did not answer."
            assert answer.headers["retry-after"]
        assert httpx.get(str(client.base_url).replace("analytics/", "health/live/")).status_code == 200
