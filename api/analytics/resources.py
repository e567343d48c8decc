"""What can be asked for: each resource is a mart, or a table of the quality schema, with its columns and filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from vitrine.experiments import Metric


class Kind(Enum):
    """What a column holds; the value is its Postgres type."""

    TEXT = "text"
    WHOLE = "bigint"
    NUMBER = "numeric"
    DATE = "date"
    TIME = "timestamp"
    MOMENT = "timestamptz"
    FLAG = "boolean"
    JSON = "jsonb"


@dataclass(frozen=True)
class Filter:
    """A query parameter: rows are those where `column operator value`."""

    column: str
    kind: Kind = Kind.TEXT
    operator: str = "="
    description: str = ""
    # The values that there are, where they are known: another one is a mistake, not an empty answer.
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class Resource:
    """Rows of `table`, in pages that follow `order`, whose columns are never empty and name one row."""

    name: str
    summary: str
    table: str
    columns: Mapping[str, Kind]
    order: Sequence[str]
    descending: bool = False
    filters: Mapping[str, Filter] = field(default_factory=dict)
    # Columns that are not in the table under their own name.
    expressions: Mapping[str, str] = field(default_factory=dict)
    group_by: str = ""
    # What says which state is read, and when it came to be.
    version: str = "marts.publish"
    # Whether answers are the same for everybody, and worth keeping.
    is_aggregate: bool = True


def _columns(text: str) -> dict[str, Kind]:
    """`name name:whole` … : a column without a kind is a text."""
    named = (word.partition(":") for word in text.split())
    return {name: Kind[kind.upper() or "TEXT"] for name, _, kind in named}


_SALE_STATUS = Filter("status", description="What is the matter.", choices=("slow", "never sold", "sold out"))
_SOURCE = Filter("source", description="completejourney or shop.")
_OWNER = """
    baskets:whole lines:whole quantity:whole spend:number discount:number returned_lines:whole average_basket:number
    first_basket_at:time last_basket_at:time recency_days:whole baskets_a_month:number recency_score:whole
    frequency_score:whole spend_score:whole value_class segment expected_spend_12_months:number lifetime_value:number
    favourite_categories:json preferred_weekday
"""
DEMOGRAPHICS = (
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_composition",
    "kids_count",
)
_PROFILE_FILTERS = {
    "segment": Filter("segment", description="Such as champion, loyal, at risk."),
    "value_class": Filter("value_class", description="By spend.", choices=("high", "middle", "low", "none")),
}

HOUSEHOLDS = Resource(
    "households",
    "Profiles of households, who spends most first",
    "marts.household_profiles",
    _columns(f"household_id {_OWNER} preferred_store_id {' '.join(DEMOGRAPHICS)}"),
    ("spend", "household_id"),
    descending=True,
    filters=_PROFILE_FILTERS,
    is_aggregate=False,
)
CUSTOMERS = Resource(
    "customers",
    "Profiles of the shop's customers, who spends most first",
    "marts.customer_profiles",
    _columns(f"customer_id {_OWNER} views:whole sessions:whole last_viewed_at:time preferred_channel"),
    ("spend", "customer_id"),
    descending=True,
    filters=_PROFILE_FILTERS,
    is_aggregate=False,
)


def _by_time(name: str, column: str) -> Resource:
    return Resource(
        f"sales by {name}",
        "Sales",
        f"marts.sales_by_{name}",
        _columns(
            "source period:date lines:whole baskets:whole owners:whole quantity:whole spend:number discount:number"
            " returned_lines:whole spend_before:number change:number spend_year_before:number"
            " change_to_year_before:number"
        ),
        ("period", "source"),
        filters=_from_to(column) | {"source": _SOURCE},
        expressions={"period": column},
    )


def _from_to(column: str) -> dict[str, Filter]:
    """Which rows by their date; for weeks and months it is their first day."""
    return {
        "from": Filter(column, Kind.DATE, ">=", "The first date."),
        "to": Filter(column, Kind.DATE, "<=", "The last date; it is included."),
    }


SALES = {
    "day": _by_time("day", "date_day"),
    "week": _by_time("week", "week_start"),
    "month": _by_time("month", "month_start"),
    "category": Resource(
        "sales by category",
        "Sales",
        "marts.sales_by_category",
        _columns(
            "source category_key department category lines:whole quantity:whole spend:number discount:number"
            " returned_lines:whole"
        ),
        ("spend", "category_key"),
        descending=True,
        filters=_from_to("date_day") | {"source": _SOURCE},
        expressions={
            **{name: f"sum({name})::bigint" for name in ("lines", "quantity", "returned_lines")},
            **{name: f"sum({name})" for name in ("spend", "discount")},
        },
        group_by="source, category_key, department, category",
    ),
}

_LATEST_RUN = """(
    SELECT run_id || CASE WHEN is_published THEN ' published' ELSE '' END AS publish_id, finished_at AS published_at
    FROM quality.runs ORDER BY finished_at DESC, run_id DESC LIMIT 1
) AS latest_run"""

LISTS = (
    Resource(
        "pairs",
        "Products bought in one basket, those bought together most often first",
        "marts.basket_pairs",
        _columns(
            "source product_key product_id product_name other_product_key other_product_id other_product_name"
            " baskets_together:whole baskets_product:whole baskets_other:whole baskets_total:whole support:number"
            " confidence:number lift:number"
        ),
        ("baskets_together", "product_key", "other_product_key"),
        descending=True,
        filters={
            "product": Filter("product_id", description="The source's own id of the first product."),
            "source": _SOURCE,
            "lift_from": Filter("lift", Kind.NUMBER, ">=", "1 is chance."),
        },
    ),
    Resource(
        "recommendations",
        "Ten products for each household and customer, from their purchases",
        "marts.recommendations",
        _columns("owner_kind owner_id rank:whole product_key product_id product_name score:number came_from reason"),
        ("owner_kind", "owner_id", "rank"),
        filters={
            "owner_kind": Filter("owner_kind", description="Who it is for.", choices=("household", "customer")),
            "owner": Filter("owner_id", description="Id of the household or customer."),
        },
        is_aggregate=False,
    ),
    Resource(
        "recommender-quality",
        "How well recommendations meet later purchases, beside best sellers",
        "marts.recommender_quality",
        _columns("source recommender measure learned_until:time questions:whole score:number standard_error:number"),
        ("source", "recommender", "measure"),
        filters={"source": _SOURCE},
    ),
    Resource(
        "recommendations-by-day",
        "What came of the recommendations shown, by day, endpoint and source",
        "marts.recommendations_by_day",
        _columns(
            "date_day:date endpoint came_from answers:whole shown:whole shown_to_users:whole viewed:whole ordered:whole"
            " answers_to_users:whole answers_met:whole hit_share:number view_rate:number order_rate:number"
        ),
        ("date_day", "endpoint", "came_from"),
        filters={
            "endpoint": Filter("endpoint", description="user_history_recommendations, similar or trending."),
            "came_from": Filter("came_from", description="The source of the product, such as viewed-together."),
        }
        | _from_to("date_day"),
    ),
    Resource(
        "attribution",
        "What recommendations were followed by, by day, placement, source and model",
        "marts.attribution_by_day",
        _columns(
            "date_day:date placement came_from model answers:whole shown:whole seen:whole clicked:whole added:whole"
            " bought:whole click_rate:number revenue_direct:number revenue_influenced:number revenue_shop:number"
            " revenue_share:number"
        ),
        ("date_day", "placement", "came_from", "model"),
        filters={
            "placement": Filter("placement", description="Where on the shop's pages, such as product-page."),
            "came_from": Filter("came_from", description="The source of the product, such as viewed-together."),
        }
        | _from_to("date_day"),
    ),
    Resource(
        "experiments",
        "What was known of each experiment day by day: each metric of each arm beside the control",
        """(
            SELECT experiments.name::text AS experiment, state::text, as_of, arm::text, metric::text, is_primary,
                people, counted, left_out, mean::numeric, difference::numeric, low::numeric, high::numeric,
                verdict::text, outcome::text, skew::numeric, power::text
            FROM experiment_results JOIN experiments ON experiments.id = experiment_id
        ) AS known""",
        _columns(
            "experiment state as_of:date arm metric is_primary:flag people:whole counted:whole left_out:whole"
            " mean:number difference:number low:number high:number verdict outcome skew:number power"
        ),
        ("experiment", "as_of", "arm", "metric"),
        filters={
            "experiment": Filter("experiment", description="Its name."),
            "metric": Filter("metric", description="What is measured.", choices=tuple(Metric)),
        }
        | _from_to("as_of"),
        version="""(
            SELECT coalesce(extract(epoch FROM max(computed_at))::text, 'none') AS publish_id,
                max(computed_at) AS published_at
            FROM experiment_results
        ) AS latest_results""",
        is_aggregate=False,
    ),
    Resource(
        "segments",
        "Who the customers are, by segment and value class",
        "marts.segments",
        _columns(
            "source owner_kind segment value_class owners:whole baskets:whole spend:number average_recency_days:number"
        ),
        ("source", "segment", "value_class"),
        filters={"source": _SOURCE},
    ),
    Resource(
        "cohorts",
        "Of those who bought first in one month, how many buy again, month by month",
        "marts.cohorts",
        _columns(
            "source owner_kind cohort_month:date months_later:whole owners:whole active_owners:whole retention:number"
            " spend:number"
        ),
        ("source", "cohort_month", "months_later"),
        filters={"source": _SOURCE} | _from_to("cohort_month"),
    ),
    Resource(
        "funnel",
        "From view to order, by day and channel",
        "marts.funnel",
        _columns(
            "date_day:date channel viewers:whole viewed:whole viewed_again:whole ordered:whole buyers:whole"
            " order_rate:number"
        ),
        ("date_day", "channel"),
        filters={"channel": Filter("channel", description="Where it was viewed.")} | _from_to("date_day"),
    ),
    Resource(
        "seasons",
        "Sales of each category by month, against its own year",
        "marts.category_seasons",
        _columns(
            "source category_key department category month_start:date lines:whole quantity:whole spend:number"
            " share:number seasonal_index:number spend_before:number change:number spend_year_before:number"
            " change_to_year_before:number"
        ),
        ("category_key", "month_start"),
        filters={"source": _SOURCE, "category": Filter("category", description="Its name.")} | _from_to("month_start"),
    ),
    Resource(
        "slow-movers",
        "Products that sell slowly, are sold out or were never sold",
        "marts.slow_movers",
        _columns(
            "source product_key product_id name category status last_sold_at:time days_since_sale:whole"
            " quantity_30_days:whole quantity_30_days_before:whole"
        ),
        ("product_key",),
        filters={"source": _SOURCE, "status": _SALE_STATUS},
    ),
    Resource(
        "businesses",
        "Businesses of a category in a state, by inhabitants",
        "marts.businesses_by_state",
        _columns(
            "state_id state region category businesses:whole population:whole businesses_per_100000:number"
            " average_rating:number reviews:whole"
        ),
        ("state_id", "category"),
        filters={
            "state": Filter("state_id", description="Two letters."),
            "region": Filter("region", description="Its name."),
            "category": Filter("category", description="Of the businesses."),
        },
    ),
    Resource(
        "quality",
        "What each check found in the latest run",
        "(SELECT * FROM quality.results WHERE run_id ="
        " (SELECT run_id FROM quality.runs ORDER BY finished_at DESC, run_id DESC LIMIT 1)) AS latest",
        _columns("check_name model column_name rule status failed_rows:whole message sample_keys:json"),
        ("check_name",),
        filters={
            "status": Filter(
                "status", description="How it ended.", choices=("pass", "warn", "fail", "error", "skipped")
            ),
            "model": Filter("model", description="The mart or table."),
        },
        version=_LATEST_RUN,
        is_aggregate=False,
    ),
    Resource(
        "quality/runs",
        "Runs of the checks, newest first",
        "quality.runs",
        _columns("run_id started_at:moment finished_at:moment checks:whole failed:whole is_published:flag"),
        ("finished_at", "run_id"),
        descending=True,
        version=_LATEST_RUN,
        is_aggregate=False,
    ),
    Resource(
        "quality/metrics",
        "Figures of each run, newest first: rows of each mart, sales of each source",
        "(SELECT * FROM quality.metrics JOIN quality.runs USING (run_id)) AS metrics",
        _columns("finished_at:moment run_id metric source value:number"),
        ("finished_at", "run_id", "metric", "source"),
        descending=True,
        filters={
            "metric": Filter("metric", description="Such as rows, lines, spend."),
            "source": Filter("source", description="The source or mart."),
        },
        version=_LATEST_RUN,
        is_aggregate=False,
    ),
)
