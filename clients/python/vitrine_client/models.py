"""What is sent and answered, as dictionaries. Made by `make clients`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str


class InvalidViewsError(TypedDict):
    index: int
    reason: str


class InvalidViews(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[InvalidViewsError]]


class Properties(TypedDict):
    """What was viewed."""

    productid: str


class Context(TypedDict):
    """Where it was viewed."""

    source: str


class Item(TypedDict):
    """A product that goes into a cart or out of it."""

    productid: str
    quantity: NotRequired[int]
    price: NotRequired[float | None]


class ProductRemoved(TypedDict):
    """A product is not in the cart any more."""

    event: Literal["ProductRemoved"]
    messageid: str
    userid: str
    context: Context
    timestamp: NotRequired[str | None]
    properties: Item


class Order(TypedDict):
    """What was ordered. An order that comes again teaches nothing new: its lines are known by order and product."""

    orderid: str
    products: list[Item]


class Shown(TypedDict):
    """Products of one answer that a shopper really had on the screen."""

    recommendationid: str
    products: list[str]
    placement: NotRequired[str | None]


class Clicked(TypedDict):
    """The product of an answer that a shopper followed."""

    recommendationid: str
    productid: str
    placement: NotRequired[str | None]


class Search(TypedDict):
    """What a shopper looked for."""

    query: str


class AnalyticsAttributionAnswerRow(TypedDict):
    date_day: str | None
    placement: str | None
    came_from: str | None
    model: str | None
    answers: int | None
    shown: int | None
    seen: int | None
    clicked: int | None
    added: int | None
    bought: int | None
    click_rate: float | None
    revenue_direct: float | None
    revenue_influenced: float | None
    revenue_shop: float | None
    revenue_share: float | None


class AnalyticsAttributionAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsAttributionAnswerRow]
    next: str | None


class AnalyticsBusinessesAnswerRow(TypedDict):
    state_id: str | None
    state: str | None
    region: str | None
    category: str | None
    businesses: int | None
    population: int | None
    businesses_per_100000: float | None
    average_rating: float | None
    reviews: int | None


class AnalyticsBusinessesAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsBusinessesAnswerRow]
    next: str | None


class AnalyticsCohortsAnswerRow(TypedDict):
    source: str | None
    owner_kind: str | None
    cohort_month: str | None
    months_later: int | None
    owners: int | None
    active_owners: int | None
    retention: float | None
    spend: float | None


class AnalyticsCohortsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsCohortsAnswerRow]
    next: str | None


class AnalyticsCustomersAnswerRow(TypedDict):
    customer_id: str | None
    baskets: int | None
    lines: int | None
    quantity: int | None
    spend: float | None
    discount: float | None
    returned_lines: int | None
    average_basket: float | None
    first_basket_at: str | None
    last_basket_at: str | None
    recency_days: int | None
    baskets_a_month: float | None
    recency_score: int | None
    frequency_score: int | None
    spend_score: int | None
    value_class: str | None
    segment: str | None
    expected_spend_12_months: float | None
    lifetime_value: float | None
    favourite_categories: list[Any] | None
    preferred_weekday: str | None
    views: int | None
    sessions: int | None
    last_viewed_at: str | None
    preferred_channel: str | None


class AnalyticsCustomersAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsCustomersAnswerRow]
    next: str | None


class AnalyticsCustomerAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    customer_id: str | None
    baskets: int | None
    lines: int | None
    quantity: int | None
    spend: float | None
    discount: float | None
    returned_lines: int | None
    average_basket: float | None
    first_basket_at: str | None
    last_basket_at: str | None
    recency_days: int | None
    baskets_a_month: float | None
    recency_score: int | None
    frequency_score: int | None
    spend_score: int | None
    value_class: str | None
    segment: str | None
    expected_spend_12_months: float | None
    lifetime_value: float | None
    favourite_categories: list[Any] | None
    preferred_weekday: str | None
    views: int | None
    sessions: int | None
    last_viewed_at: str | None
    preferred_channel: str | None


class AnalyticsExperimentsAnswerRow(TypedDict):
    experiment: str | None
    state: str | None
    as_of: str | None
    arm: str | None
    metric: str | None
    is_primary: bool | None
    people: int | None
    counted: int | None
    left_out: int | None
    mean: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: str | None
    outcome: str | None
    skew: float | None
    power: str | None


class AnalyticsExperimentsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsExperimentsAnswerRow]
    next: str | None


class AnalyticsFunnelAnswerRow(TypedDict):
    date_day: str | None
    channel: str | None
    viewers: int | None
    viewed: int | None
    viewed_again: int | None
    ordered: int | None
    buyers: int | None
    order_rate: float | None


class AnalyticsFunnelAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsFunnelAnswerRow]
    next: str | None


class AnalyticsHouseholdsAnswerRow(TypedDict):
    household_id: str | None
    baskets: int | None
    lines: int | None
    quantity: int | None
    spend: float | None
    discount: float | None
    returned_lines: int | None
    average_basket: float | None
    first_basket_at: str | None
    last_basket_at: str | None
    recency_days: int | None
    baskets_a_month: float | None
    recency_score: int | None
    frequency_score: int | None
    spend_score: int | None
    value_class: str | None
    segment: str | None
    expected_spend_12_months: float | None
    lifetime_value: float | None
    favourite_categories: list[Any] | None
    preferred_weekday: str | None
    preferred_store_id: str | None
    age: str | None
    income: str | None
    home_ownership: str | None
    marital_status: str | None
    household_size: str | None
    household_composition: str | None
    kids_count: str | None


class AnalyticsHouseholdsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsHouseholdsAnswerRow]
    next: str | None


class AnalyticsHouseholdAnswerDemographics(TypedDict):
    age: str | None
    income: str | None
    home_ownership: str | None
    marital_status: str | None
    household_size: str | None
    household_composition: str | None
    kids_count: str | None


class AnalyticsHouseholdAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    household_id: str | None
    baskets: int | None
    lines: int | None
    quantity: int | None
    spend: float | None
    discount: float | None
    returned_lines: int | None
    average_basket: float | None
    first_basket_at: str | None
    last_basket_at: str | None
    recency_days: int | None
    baskets_a_month: float | None
    recency_score: int | None
    frequency_score: int | None
    spend_score: int | None
    value_class: str | None
    segment: str | None
    expected_spend_12_months: float | None
    lifetime_value: float | None
    favourite_categories: list[Any] | None
    preferred_weekday: str | None
    preferred_store_id: str | None
    demographics: AnalyticsHouseholdAnswerDemographics


class AnalyticsPairsAnswerRow(TypedDict):
    source: str | None
    product_key: str | None
    product_id: str | None
    product_name: str | None
    other_product_key: str | None
    other_product_id: str | None
    other_product_name: str | None
    baskets_together: int | None
    baskets_product: int | None
    baskets_other: int | None
    baskets_total: int | None
    support: float | None
    confidence: float | None
    lift: float | None


class AnalyticsPairsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsPairsAnswerRow]
    next: str | None


class AnalyticsQualityAnswerRow(TypedDict):
    check_name: str | None
    model: str | None
    column_name: str | None
    rule: str | None
    status: str | None
    failed_rows: int | None
    message: str | None
    sample_keys: list[Any] | None


class AnalyticsQualityAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsQualityAnswerRow]
    next: str | None


class AnalyticsQualityMetricsAnswerRow(TypedDict):
    finished_at: str | None
    run_id: str | None
    metric: str | None
    source: str | None
    value: float | None


class AnalyticsQualityMetricsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsQualityMetricsAnswerRow]
    next: str | None


class AnalyticsQualityRunsAnswerRow(TypedDict):
    run_id: str | None
    started_at: str | None
    finished_at: str | None
    checks: int | None
    failed: int | None
    is_published: bool | None


class AnalyticsQualityRunsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsQualityRunsAnswerRow]
    next: str | None


class AnalyticsRecommendationsAnswerRow(TypedDict):
    owner_kind: str | None
    owner_id: str | None
    rank: int | None
    product_key: str | None
    product_id: str | None
    product_name: str | None
    score: float | None
    came_from: str | None
    reason: str | None


class AnalyticsRecommendationsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsRecommendationsAnswerRow]
    next: str | None


class AnalyticsRecommendationsByDayAnswerRow(TypedDict):
    date_day: str | None
    endpoint: str | None
    came_from: str | None
    answers: int | None
    shown: int | None
    shown_to_users: int | None
    viewed: int | None
    ordered: int | None
    answers_to_users: int | None
    answers_met: int | None
    hit_share: float | None
    view_rate: float | None
    order_rate: float | None


class AnalyticsRecommendationsByDayAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsRecommendationsByDayAnswerRow]
    next: str | None


class AnalyticsRecommenderQualityAnswerRow(TypedDict):
    source: str | None
    recommender: str | None
    measure: str | None
    learned_until: str | None
    questions: int | None
    score: float | None
    standard_error: float | None


class AnalyticsRecommenderQualityAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsRecommenderQualityAnswerRow]
    next: str | None


class AnalyticsSalesAnswerRows(TypedDict):
    source: str | None
    period: str | None
    lines: int | None
    baskets: int | None
    owners: int | None
    quantity: int | None
    spend: float | None
    discount: float | None
    returned_lines: int | None
    spend_before: float | None
    change: float | None
    spend_year_before: float | None
    change_to_year_before: float | None


class AnalyticsSalesAnswerRows1(TypedDict):
    source: str | None
    category_key: str | None
    department: str | None
    category: str | None
    lines: int | None
    quantity: int | None
    spend: float | None
    discount: float | None
    returned_lines: int | None


class AnalyticsSalesAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsSalesAnswerRows | AnalyticsSalesAnswerRows1]
    next: str | None


class AnalyticsSeasonsAnswerRow(TypedDict):
    source: str | None
    category_key: str | None
    department: str | None
    category: str | None
    month_start: str | None
    lines: int | None
    quantity: int | None
    spend: float | None
    share: float | None
    seasonal_index: float | None
    spend_before: float | None
    change: float | None
    spend_year_before: float | None
    change_to_year_before: float | None


class AnalyticsSeasonsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsSeasonsAnswerRow]
    next: str | None


class AnalyticsSegmentsAnswerRow(TypedDict):
    source: str | None
    owner_kind: str | None
    segment: str | None
    value_class: str | None
    owners: int | None
    baskets: int | None
    spend: float | None
    average_recency_days: float | None


class AnalyticsSegmentsAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsSegmentsAnswerRow]
    next: str | None


class AnalyticsSlowMoversAnswerRow(TypedDict):
    source: str | None
    product_key: str | None
    product_id: str | None
    name: str | None
    category: str | None
    status: str | None
    last_sold_at: str | None
    days_since_sale: int | None
    quantity_30_days: int | None
    quantity_30_days_before: int | None


class AnalyticsSlowMoversAnswer(TypedDict):
    publish_id: str
    published_at: str | None
    rows: list[AnalyticsSlowMoversAnswerRow]
    next: str | None


class PutProductsBodyPutProductsBodyItem(TypedDict):
    productid: str
    title: NotRequired[str | None]
    price: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    in_stock: NotRequired[bool | None]
    category: NotRequired[list[str] | None]
    image: NotRequired[str | None]
    url: NotRequired[str | None]
    brand: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any] | None]
    available_from: NotRequired[str | None]
    available_to: NotRequired[str | None]
    created_at: NotRequired[str | None]


PutProductsBody: TypeAlias = list[PutProductsBodyPutProductsBodyItem]


class PutProductsAnswer(TypedDict):
    accepted: int


class PatchProductsBodyPatchProductsBodyItem(TypedDict):
    productid: str
    title: NotRequired[str | None]
    price: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    in_stock: NotRequired[bool | None]
    category: NotRequired[list[str] | None]
    image: NotRequired[str | None]
    url: NotRequired[str | None]
    brand: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any] | None]
    available_from: NotRequired[str | None]
    available_to: NotRequired[str | None]
    created_at: NotRequired[str | None]


PatchProductsBody: TypeAlias = list[PatchProductsBodyPatchProductsBodyItem]


class PatchProductsAnswer(TypedDict):
    accepted: int


class RemoveProductsAnswer(TypedDict):
    accepted: int


class GetProductAnswer(TypedDict):
    productid: str
    title: NotRequired[str | None]
    price: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    in_stock: NotRequired[bool | None]
    category: NotRequired[list[str] | None]
    image: NotRequired[str | None]
    url: NotRequired[str | None]
    brand: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any] | None]
    available_from: NotRequired[str | None]
    available_to: NotRequired[str | None]
    created_at: NotRequired[str | None]


class PutProductBody(TypedDict):
    productid: NotRequired[str]
    title: NotRequired[str | None]
    price: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    in_stock: NotRequired[bool | None]
    category: NotRequired[list[str] | None]
    image: NotRequired[str | None]
    url: NotRequired[str | None]
    brand: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any] | None]
    available_from: NotRequired[str | None]
    available_to: NotRequired[str | None]
    created_at: NotRequired[str | None]


class PutProductAnswer(TypedDict):
    productid: str
    title: NotRequired[str | None]
    price: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    in_stock: NotRequired[bool | None]
    category: NotRequired[list[str] | None]
    image: NotRequired[str | None]
    url: NotRequired[str | None]
    brand: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any] | None]
    available_from: NotRequired[str | None]
    available_to: NotRequired[str | None]
    created_at: NotRequired[str | None]


class PatchProductBody(TypedDict):
    productid: NotRequired[str]
    title: NotRequired[str | None]
    price: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    in_stock: NotRequired[bool | None]
    category: NotRequired[list[str] | None]
    image: NotRequired[str | None]
    url: NotRequired[str | None]
    brand: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any] | None]
    available_from: NotRequired[str | None]
    available_to: NotRequired[str | None]
    created_at: NotRequired[str | None]


class PatchProductAnswer(TypedDict):
    productid: str
    title: NotRequired[str | None]
    price: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    in_stock: NotRequired[bool | None]
    category: NotRequired[list[str] | None]
    image: NotRequired[str | None]
    url: NotRequired[str | None]
    brand: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any] | None]
    available_from: NotRequired[str | None]
    available_to: NotRequired[str | None]
    created_at: NotRequired[str | None]


PostEventsAnswerPosition = TypedDict(
    "PostEventsAnswerPosition",
    {
        "message-id": str,
        "user-id": str,
        "topic": str,
        "partition": int,
        "offset": int,
    },
)


class PostEventsAnswer(TypedDict):
    accepted: int
    positions: NotRequired[list[PostEventsAnswerPosition]]


StoredEventAnswer = TypedDict(
    "StoredEventAnswer",
    {
        "message-id": str,
        "user-id": str,
        "event": str,
        "table": Literal["product_views", "shop_events"],
        "time": str,
        "counted": bool,
    },
)


class ListExperimentsAnswerExperimentArm(TypedDict):
    name: str
    weight: int
    sources: list[str]
    rules: list[int] | None
    model: Literal["trained", "untrained", "none"]
    shows_nothing: bool


class ListExperimentsAnswerExperiment(TypedDict):
    id: int
    name: str
    list: Literal["for-you", "similar", "trending"] | None
    placement: str | None
    primary_metric: Literal["conversion", "revenue", "clicks"]
    planned_people: int
    stops_by_itself: bool
    state: Literal["draft", "running", "stopped"]
    started_at: str | None
    stopped_at: str | None
    stopped_because: str
    created_at: str
    changed_at: str
    arms: list[ListExperimentsAnswerExperimentArm]


class ListExperimentsAnswer(TypedDict):
    experiments: list[ListExperimentsAnswerExperiment]


class MakeExperimentBodyArm(TypedDict):
    name: str
    weight: NotRequired[int]
    sources: NotRequired[list[str]]
    rules: NotRequired[list[int] | None]
    model: NotRequired[Literal["trained", "untrained", "none"]]
    shows_nothing: NotRequired[bool]


class MakeExperimentBody(TypedDict):
    name: str
    list: NotRequired[Literal["for-you", "similar", "trending"] | None]
    placement: NotRequired[str | None]
    primary_metric: NotRequired[Literal["conversion", "revenue", "clicks"]]
    planned_people: int
    stops_by_itself: NotRequired[bool]
    arms: list[MakeExperimentBodyArm]


class MakeExperimentAnswerArm(TypedDict):
    name: str
    weight: int
    sources: list[str]
    rules: list[int] | None
    model: Literal["trained", "untrained", "none"]
    shows_nothing: bool


class MakeExperimentAnswer(TypedDict):
    id: int
    name: str
    list: Literal["for-you", "similar", "trending"] | None
    placement: str | None
    primary_metric: Literal["conversion", "revenue", "clicks"]
    planned_people: int
    stops_by_itself: bool
    state: Literal["draft", "running", "stopped"]
    started_at: str | None
    stopped_at: str | None
    stopped_because: str
    created_at: str
    changed_at: str
    arms: list[MakeExperimentAnswerArm]


class GetExperimentAnswerArm(TypedDict):
    name: str
    weight: int
    sources: list[str]
    rules: list[int] | None
    model: Literal["trained", "untrained", "none"]
    shows_nothing: bool


class GetExperimentAnswer(TypedDict):
    id: int
    name: str
    list: Literal["for-you", "similar", "trending"] | None
    placement: str | None
    primary_metric: Literal["conversion", "revenue", "clicks"]
    planned_people: int
    stops_by_itself: bool
    state: Literal["draft", "running", "stopped"]
    started_at: str | None
    stopped_at: str | None
    stopped_because: str
    created_at: str
    changed_at: str
    arms: list[GetExperimentAnswerArm]


class ChangeExperimentBodyArm(TypedDict):
    name: str
    weight: NotRequired[int]
    sources: NotRequired[list[str]]
    rules: NotRequired[list[int] | None]
    model: NotRequired[Literal["trained", "untrained", "none"]]
    shows_nothing: NotRequired[bool]


class ChangeExperimentBody(TypedDict):
    name: NotRequired[str]
    list: NotRequired[Literal["for-you", "similar", "trending"] | None]
    placement: NotRequired[str | None]
    primary_metric: NotRequired[Literal["conversion", "revenue", "clicks"]]
    planned_people: NotRequired[int]
    stops_by_itself: NotRequired[bool]
    arms: NotRequired[list[ChangeExperimentBodyArm]]


class ChangeExperimentAnswerArm(TypedDict):
    name: str
    weight: int
    sources: list[str]
    rules: list[int] | None
    model: Literal["trained", "untrained", "none"]
    shows_nothing: bool


class ChangeExperimentAnswer(TypedDict):
    id: int
    name: str
    list: Literal["for-you", "similar", "trending"] | None
    placement: str | None
    primary_metric: Literal["conversion", "revenue", "clicks"]
    planned_people: int
    stops_by_itself: bool
    state: Literal["draft", "running", "stopped"]
    started_at: str | None
    stopped_at: str | None
    stopped_because: str
    created_at: str
    changed_at: str
    arms: list[ChangeExperimentAnswerArm]


class ExperimentResultsAnswerRow(TypedDict):
    arm: str
    metric: Literal["conversion", "revenue", "clicks"]
    is_primary: bool
    people: int
    counted: int
    left_out: int
    mean: float
    difference: float | None
    low: float | None
    high: float | None
    verdict: Literal["control", "too few people", "undecided", "better", "worse", "no difference found", "skewed split"]


class ExperimentResultsAnswer(TypedDict):
    as_of: str | None
    computed_at: str | None
    outcome: (
        Literal["control", "too few people", "undecided", "better", "worse", "no difference found", "skewed split"]
        | None
    )
    skew: float | None
    power: str | None
    rows: list[ExperimentResultsAnswerRow]


class StartExperimentBody(TypedDict):
    pass


class StartExperimentAnswerArm(TypedDict):
    name: str
    weight: int
    sources: list[str]
    rules: list[int] | None
    model: Literal["trained", "untrained", "none"]
    shows_nothing: bool


class StartExperimentAnswer(TypedDict):
    id: int
    name: str
    list: Literal["for-you", "similar", "trending"] | None
    placement: str | None
    primary_metric: Literal["conversion", "revenue", "clicks"]
    planned_people: int
    stops_by_itself: bool
    state: Literal["draft", "running", "stopped"]
    started_at: str | None
    stopped_at: str | None
    stopped_because: str
    created_at: str
    changed_at: str
    arms: list[StartExperimentAnswerArm]


class StopExperimentBody(TypedDict):
    because: NotRequired[str]


class StopExperimentAnswerArm(TypedDict):
    name: str
    weight: int
    sources: list[str]
    rules: list[int] | None
    model: Literal["trained", "untrained", "none"]
    shows_nothing: bool


class StopExperimentAnswer(TypedDict):
    id: int
    name: str
    list: Literal["for-you", "similar", "trending"] | None
    placement: str | None
    primary_metric: Literal["conversion", "revenue", "clicks"]
    planned_people: int
    stops_by_itself: bool
    state: Literal["draft", "running", "stopped"]
    started_at: str | None
    stopped_at: str | None
    stopped_because: str
    created_at: str
    changed_at: str
    arms: list[StopExperimentAnswerArm]


class HealthAnswerLive(TypedDict):
    status: Literal["live"]


class HealthAnswerReady(TypedDict):
    status: Literal["ready", "degraded"]
    cassandra: Literal["up", "down"]
    kafka: Literal["up", "down"]


HealthAnswerModel = TypedDict(
    "HealthAnswerModel",
    {
        "generation": int,
        "age-seconds": float,
    },
)


class HealthAnswerShown(TypedDict):
    """How many messages of what was shown this process could not send since it began."""

    lost: int


HealthAnswerAccess = TypedDict(
    "HealthAnswerAccess",
    {
        "open-to": list[str],
        "keys": Literal["up", "stale", "unread"],
        "limits": Literal["shared", "each"],
    },
)


class HealthAnswer(TypedDict):
    live: HealthAnswerLive
    ready: HealthAnswerReady
    model: HealthAnswerModel | Literal["none"]
    shown: HealthAnswerShown
    cache: Literal["up", "down", "off"]
    access: HealthAnswerAccess
    rules: Literal["up", "stale", "unread"]
    experiments: Literal["up", "stale", "unread"]


class LiveAnswer(TypedDict):
    status: Literal["live"]


class ReadyAnswer(TypedDict):
    status: Literal["ready", "degraded"]
    cassandra: Literal["up", "down"]
    kafka: Literal["up", "down"]


class ListKeysAnswerKey(TypedDict):
    id: int
    ending: str
    name: str
    kind: Literal["pub", "sec"]
    scopes: list[
        Literal[
            "views:write",
            "history:read",
            "history:delete",
            "recommendations:read",
            "catalogue:write",
            "analytics:read",
            "people:erase",
            "operations:read",
            "keys:admin",
            "rules:write",
            "experiments:write",
        ]
    ]
    origins: list[str]
    requests_per_minute: int | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class ListKeysAnswer(TypedDict):
    keys: list[ListKeysAnswerKey]


class MakeKeyBody(TypedDict):
    name: str
    kind: Literal["pub", "sec"]
    scopes: list[
        Literal[
            "views:write",
            "history:read",
            "history:delete",
            "recommendations:read",
            "catalogue:write",
            "analytics:read",
            "people:erase",
            "operations:read",
            "keys:admin",
            "rules:write",
            "experiments:write",
        ]
    ]
    origins: NotRequired[list[str]]
    expires_at: NotRequired[str | None]
    requests_per_minute: NotRequired[int | None]


class MakeKeyAnswer(TypedDict):
    id: int
    ending: str
    name: str
    kind: Literal["pub", "sec"]
    scopes: list[
        Literal[
            "views:write",
            "history:read",
            "history:delete",
            "recommendations:read",
            "catalogue:write",
            "analytics:read",
            "people:erase",
            "operations:read",
            "keys:admin",
            "rules:write",
            "experiments:write",
        ]
    ]
    origins: list[str]
    requests_per_minute: int | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    key: str


class RotateKeyBody(TypedDict):
    overlap_seconds: NotRequired[float]


class RotateKeyAnswer(TypedDict):
    id: int
    ending: str
    name: str
    kind: Literal["pub", "sec"]
    scopes: list[
        Literal[
            "views:write",
            "history:read",
            "history:delete",
            "recommendations:read",
            "catalogue:write",
            "analytics:read",
            "people:erase",
            "operations:read",
            "keys:admin",
            "rules:write",
            "experiments:write",
        ]
    ]
    origins: list[str]
    requests_per_minute: int | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    key: str


class WhoAmIAnswer(TypedDict):
    person: str


EraseMeAnswerPart = TypedDict(
    "EraseMeAnswerPart",
    {
        "name": Literal[
            "views",
            "deletions",
            "events",
            "carts",
            "orders",
            "identities",
            "exposures",
            "dead-letters",
            "model",
            "lake",
            "warehouse",
            "marts",
            "samples",
            "cached-answers",
            "topic-views",
            "topic-shop-events",
            "topic-purchases",
            "topic-shown",
            "topic-dead-letters",
        ],
        "what": str,
        "where": str,
        "state": Literal["done", "pending", "kept"],
        "how-many": int | None,
        "when": str | None,
        "gone-by": NotRequired[str | None],
    },
)


class EraseMeAnswerSignature(TypedDict):
    algorithm: Literal["HMAC-SHA256", "none"]
    value: str


EraseMeAnswer = TypedDict(
    "EraseMeAnswer",
    {
        "erasure-id": str,
        "person": str,
        "requested-at": str,
        "state": Literal["done", "pending"],
        "parts": list[EraseMeAnswerPart],
        "signature": EraseMeAnswerSignature,
    },
)


MyErasureReceiptAnswerPart = TypedDict(
    "MyErasureReceiptAnswerPart",
    {
        "name": Literal[
            "views",
            "deletions",
            "events",
            "carts",
            "orders",
            "identities",
            "exposures",
            "dead-letters",
            "model",
            "lake",
            "warehouse",
            "marts",
            "samples",
            "cached-answers",
            "topic-views",
            "topic-shop-events",
            "topic-purchases",
            "topic-shown",
            "topic-dead-letters",
        ],
        "what": str,
        "where": str,
        "state": Literal["done", "pending", "kept"],
        "how-many": int | None,
        "when": str | None,
        "gone-by": NotRequired[str | None],
    },
)


class MyErasureReceiptAnswerSignature(TypedDict):
    algorithm: Literal["HMAC-SHA256", "none"]
    value: str


MyErasureReceiptAnswer = TypedDict(
    "MyErasureReceiptAnswer",
    {
        "erasure-id": str,
        "person": str,
        "requested-at": str,
        "state": Literal["done", "pending"],
        "parts": list[MyErasureReceiptAnswerPart],
        "signature": MyErasureReceiptAnswerSignature,
    },
)


class ExportMeAnswerMissingItem(TypedDict):
    part: str
    why: str


ExportMeAnswer = TypedDict(
    "ExportMeAnswer",
    {
        "person": str,
        "exported-at": str,
        "views": list[dict[str, Any]],
        "deletions": list[dict[str, Any]],
        "events": list[dict[str, Any]],
        "carts": list[dict[str, Any]],
        "orders": list[dict[str, Any]],
        "identities": list[dict[str, Any]],
        "exposures": list[dict[str, Any]],
        "marts": list[dict[str, Any]],
        "recommendations-shown": list[dict[str, Any]],
        "missing": list[ExportMeAnswerMissingItem],
    },
)


ErasePersonAnswerPart = TypedDict(
    "ErasePersonAnswerPart",
    {
        "name": Literal[
            "views",
            "deletions",
            "events",
            "carts",
            "orders",
            "identities",
            "exposures",
            "dead-letters",
            "model",
            "lake",
            "warehouse",
            "marts",
            "samples",
            "cached-answers",
            "topic-views",
            "topic-shop-events",
            "topic-purchases",
            "topic-shown",
            "topic-dead-letters",
        ],
        "what": str,
        "where": str,
        "state": Literal["done", "pending", "kept"],
        "how-many": int | None,
        "when": str | None,
        "gone-by": NotRequired[str | None],
    },
)


class ErasePersonAnswerSignature(TypedDict):
    algorithm: Literal["HMAC-SHA256", "none"]
    value: str


ErasePersonAnswer = TypedDict(
    "ErasePersonAnswer",
    {
        "erasure-id": str,
        "person": str,
        "requested-at": str,
        "state": Literal["done", "pending"],
        "parts": list[ErasePersonAnswerPart],
        "signature": ErasePersonAnswerSignature,
    },
)


ErasureReceiptAnswerPart = TypedDict(
    "ErasureReceiptAnswerPart",
    {
        "name": Literal[
            "views",
            "deletions",
            "events",
            "carts",
            "orders",
            "identities",
            "exposures",
            "dead-letters",
            "model",
            "lake",
            "warehouse",
            "marts",
            "samples",
            "cached-answers",
            "topic-views",
            "topic-shop-events",
            "topic-purchases",
            "topic-shown",
            "topic-dead-letters",
        ],
        "what": str,
        "where": str,
        "state": Literal["done", "pending", "kept"],
        "how-many": int | None,
        "when": str | None,
        "gone-by": NotRequired[str | None],
    },
)


class ErasureReceiptAnswerSignature(TypedDict):
    algorithm: Literal["HMAC-SHA256", "none"]
    value: str


ErasureReceiptAnswer = TypedDict(
    "ErasureReceiptAnswer",
    {
        "erasure-id": str,
        "person": str,
        "requested-at": str,
        "state": Literal["done", "pending"],
        "parts": list[ErasureReceiptAnswerPart],
        "signature": ErasureReceiptAnswerSignature,
    },
)


class ExportPersonAnswerMissingItem(TypedDict):
    part: str
    why: str


ExportPersonAnswer = TypedDict(
    "ExportPersonAnswer",
    {
        "person": str,
        "exported-at": str,
        "views": list[dict[str, Any]],
        "deletions": list[dict[str, Any]],
        "events": list[dict[str, Any]],
        "carts": list[dict[str, Any]],
        "orders": list[dict[str, Any]],
        "identities": list[dict[str, Any]],
        "exposures": list[dict[str, Any]],
        "marts": list[dict[str, Any]],
        "recommendations-shown": list[dict[str, Any]],
        "missing": list[ExportPersonAnswerMissingItem],
    },
)


MergeBody = TypedDict(
    "MergeBody",
    {
        "visitor-id": str,
        "user-id": str,
    },
)


MergeAnswer = TypedDict(
    "MergeAnswer",
    {
        "visitor-id": str,
        "user-id": str,
        "merged": Literal[True],
    },
)


UnmergeBody = TypedDict(
    "UnmergeBody",
    {
        "visitor-id": str,
        "user-id": str,
    },
)


UnmergeAnswer = TypedDict(
    "UnmergeAnswer",
    {
        "visitor-id": str,
        "user-id": str,
        "merged": Literal[False],
    },
)


class SimilarProductsAnswerExperiment(TypedDict):
    """The experiment in which this answer takes part, and in which arm; only where it does."""

    name: str
    arm: str


class SimilarProductsAnswerExplanation(TypedDict):
    product: str
    source: Literal[
        "viewed-together",
        "category-best-sellers",
        "best-sellers",
        "newest",
        "most-viewed",
        "same-category",
        "trending",
        "viewed-lately",
        "rule",
    ]
    reason: str


SimilarProductsAnswerDetail = TypedDict(
    "SimilarProductsAnswerDetail",
    {
        "product": str,
        "title": str | None,
        "price": str | None,
        "currency": str | None,
        "image": str | None,
        "url": str | None,
        "brand": str | None,
        "in-stock": bool,
    },
)


SimilarProductsAnswer = TypedDict(
    "SimilarProductsAnswer",
    {
        "product-id": str,
        "products": list[str],
        "recommendation-id": str,
        "experiment": NotRequired[SimilarProductsAnswerExperiment],
        "explanations": NotRequired[list[SimilarProductsAnswerExplanation]],
        "details": NotRequired[list[SimilarProductsAnswerDetail]],
    },
)


class TrendingProductsAnswerExperiment(TypedDict):
    """The experiment in which this answer takes part, and in which arm; only where it does."""

    name: str
    arm: str


class TrendingProductsAnswerExplanation(TypedDict):
    product: str
    source: Literal[
        "viewed-together",
        "category-best-sellers",
        "best-sellers",
        "newest",
        "most-viewed",
        "same-category",
        "trending",
        "viewed-lately",
        "rule",
    ]
    reason: str


TrendingProductsAnswerDetail = TypedDict(
    "TrendingProductsAnswerDetail",
    {
        "product": str,
        "title": str | None,
        "price": str | None,
        "currency": str | None,
        "image": str | None,
        "url": str | None,
        "brand": str | None,
        "in-stock": bool,
    },
)


TrendingProductsAnswer = TypedDict(
    "TrendingProductsAnswer",
    {
        "period": Literal["hour", "day", "week"],
        "products": list[str],
        "recommendation-id": str,
        "experiment": NotRequired[TrendingProductsAnswerExperiment],
        "explanations": NotRequired[list[TrendingProductsAnswerExplanation]],
        "details": NotRequired[list[TrendingProductsAnswerDetail]],
    },
)


class ListRulesAnswerRule(TypedDict):
    id: int
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: list[str]
    category: str | None
    placement: str | None
    page_category: str | None
    starts_at: str | None
    ends_at: str | None
    priority: int
    position: int | None
    strength: float | None
    created_at: str
    changed_at: str
    state: Literal["now", "later", "over"]


class ListRulesAnswer(TypedDict):
    rules: list[ListRulesAnswerRule]


class MakeRuleBody(TypedDict):
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: NotRequired[list[str]]
    category: NotRequired[str | None]
    placement: NotRequired[str | None]
    page_category: NotRequired[str | None]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    priority: NotRequired[int]
    position: NotRequired[int | None]
    strength: NotRequired[float | None]


class MakeRuleAnswer(TypedDict):
    id: int
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: list[str]
    category: str | None
    placement: str | None
    page_category: str | None
    starts_at: str | None
    ends_at: str | None
    priority: int
    position: int | None
    strength: float | None
    created_at: str
    changed_at: str
    state: Literal["now", "later", "over"]


class GetRuleAnswer(TypedDict):
    id: int
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: list[str]
    category: str | None
    placement: str | None
    page_category: str | None
    starts_at: str | None
    ends_at: str | None
    priority: int
    position: int | None
    strength: float | None
    created_at: str
    changed_at: str
    state: Literal["now", "later", "over"]


class ReplaceRuleBody(TypedDict):
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: NotRequired[list[str]]
    category: NotRequired[str | None]
    placement: NotRequired[str | None]
    page_category: NotRequired[str | None]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    priority: NotRequired[int]
    position: NotRequired[int | None]
    strength: NotRequired[float | None]


class ReplaceRuleAnswer(TypedDict):
    id: int
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: list[str]
    category: str | None
    placement: str | None
    page_category: str | None
    starts_at: str | None
    ends_at: str | None
    priority: int
    position: int | None
    strength: float | None
    created_at: str
    changed_at: str
    state: Literal["now", "later", "over"]


class ChangeRuleBody(TypedDict):
    name: NotRequired[str]
    kind: NotRequired[Literal["pin", "boost", "bury", "hide", "require"]]
    products: NotRequired[list[str]]
    category: NotRequired[str | None]
    placement: NotRequired[str | None]
    page_category: NotRequired[str | None]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    priority: NotRequired[int]
    position: NotRequired[int | None]
    strength: NotRequired[float | None]


class ChangeRuleAnswer(TypedDict):
    id: int
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: list[str]
    category: str | None
    placement: str | None
    page_category: str | None
    starts_at: str | None
    ends_at: str | None
    priority: int
    position: int | None
    strength: float | None
    created_at: str
    changed_at: str
    state: Literal["now", "later", "over"]


class PreviewRulesAnswerWithoutItem(TypedDict):
    product: str
    source: Literal[
        "viewed-together",
        "category-best-sellers",
        "best-sellers",
        "newest",
        "most-viewed",
        "same-category",
        "trending",
        "viewed-lately",
        "rule",
    ]
    reason: str


class PreviewRulesAnswerWithItem(TypedDict):
    product: str
    source: Literal[
        "viewed-together",
        "category-best-sellers",
        "best-sellers",
        "newest",
        "most-viewed",
        "same-category",
        "trending",
        "viewed-lately",
        "rule",
    ]
    reason: str


PreviewRulesAnswerChange = TypedDict(
    "PreviewRulesAnswerChange",
    {
        "product": str,
        "from": int | None,
        "to": int | None,
        "why": str,
    },
)


PreviewRulesAnswer = TypedDict(
    "PreviewRulesAnswer",
    {
        "without": list[PreviewRulesAnswerWithoutItem],
        "with": list[PreviewRulesAnswerWithItem],
        "changes": list[PreviewRulesAnswerChange],
    },
)


class PreviewRuleBody(TypedDict):
    name: str
    kind: Literal["pin", "boost", "bury", "hide", "require"]
    products: NotRequired[list[str]]
    category: NotRequired[str | None]
    placement: NotRequired[str | None]
    page_category: NotRequired[str | None]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    priority: NotRequired[int]
    position: NotRequired[int | None]
    strength: NotRequired[float | None]


class PreviewRuleAnswerWithoutItem(TypedDict):
    product: str
    source: Literal[
        "viewed-together",
        "category-best-sellers",
        "best-sellers",
        "newest",
        "most-viewed",
        "same-category",
        "trending",
        "viewed-lately",
        "rule",
    ]
    reason: str


class PreviewRuleAnswerWithItem(TypedDict):
    product: str
    source: Literal[
        "viewed-together",
        "category-best-sellers",
        "best-sellers",
        "newest",
        "most-viewed",
        "same-category",
        "trending",
        "viewed-lately",
        "rule",
    ]
    reason: str


PreviewRuleAnswerChange = TypedDict(
    "PreviewRuleAnswerChange",
    {
        "product": str,
        "from": int | None,
        "to": int | None,
        "why": str,
    },
)


PreviewRuleAnswer = TypedDict(
    "PreviewRuleAnswer",
    {
        "without": list[PreviewRuleAnswerWithoutItem],
        "with": list[PreviewRuleAnswerWithItem],
        "changes": list[PreviewRuleAnswerChange],
    },
)


class RecommendationsAnswerExperiment(TypedDict):
    """The experiment in which this answer takes part, and in which arm; only where it does."""

    name: str
    arm: str


class RecommendationsAnswerExplanation(TypedDict):
    product: str
    source: Literal[
        "viewed-together",
        "category-best-sellers",
        "best-sellers",
        "newest",
        "most-viewed",
        "same-category",
        "trending",
        "viewed-lately",
        "rule",
    ]
    reason: str


RecommendationsAnswerDetail = TypedDict(
    "RecommendationsAnswerDetail",
    {
        "product": str,
        "title": str | None,
        "price": str | None,
        "currency": str | None,
        "image": str | None,
        "url": str | None,
        "brand": str | None,
        "in-stock": bool,
    },
)


RecommendationsAnswer = TypedDict(
    "RecommendationsAnswer",
    {
        "user-id": str,
        "type": Literal["personalized", "non-personalized"],
        "products": list[str],
        "recommendation-id": str,
        "experiment": NotRequired[RecommendationsAnswerExperiment],
        "explanations": NotRequired[list[RecommendationsAnswerExplanation]],
        "details": NotRequired[list[RecommendationsAnswerDetail]],
    },
)


LatestProductsAnswer = TypedDict(
    "LatestProductsAnswer",
    {
        "user-id": str,
        "products": list[str],
        "type": Literal["personalized"],
    },
)


class SegmentCallBodySegmentCallBodyBatchItem(TypedDict):
    type: NotRequired[str | None]
    event: NotRequired[str | None]
    messageId: NotRequired[str | None]
    userId: NotRequired[str | int | None]
    previousId: NotRequired[str | int | None]
    anonymousId: NotRequired[str | int | None]
    properties: NotRequired[dict[str, Any] | None]
    context: NotRequired[dict[str, Any] | None]
    timestamp: NotRequired[str | None]
    sentAt: NotRequired[str | None]
    writeKey: NotRequired[str | None]


class SegmentCallBodySegmentCallBody(TypedDict):
    batch: list[SegmentCallBodySegmentCallBodyBatchItem]
    sentAt: NotRequired[str | None]
    writeKey: NotRequired[str | None]


class SegmentCallBodySegmentCallBody1(TypedDict):
    type: NotRequired[str | None]
    event: NotRequired[str | None]
    messageId: NotRequired[str | None]
    userId: NotRequired[str | int | None]
    previousId: NotRequired[str | int | None]
    anonymousId: NotRequired[str | int | None]
    properties: NotRequired[dict[str, Any] | None]
    context: NotRequired[dict[str, Any] | None]
    timestamp: NotRequired[str | None]
    sentAt: NotRequired[str | None]
    writeKey: NotRequired[str | None]


SegmentCallBody: TypeAlias = SegmentCallBodySegmentCallBody | SegmentCallBodySegmentCallBody1


class SegmentCallAnswerIgnoredItem(TypedDict):
    index: int
    messageId: str | None
    reason: str


SegmentCallAnswerPosition = TypedDict(
    "SegmentCallAnswerPosition",
    {
        "message-id": str,
        "user-id": str,
        "topic": str,
        "partition": int,
        "offset": int,
    },
)


class SegmentCallAnswer(TypedDict):
    success: Literal[True]
    accepted: int
    ignored: list[SegmentCallAnswerIgnoredItem]
    positions: NotRequired[list[SegmentCallAnswerPosition]]


class ProductView(TypedDict):
    """A shopper looked at a product. Unknown fields are allowed; they stay in the Kafka message and are not stored."""

    event: Literal["ProductView"]
    messageid: str
    userid: str
    properties: Properties
    context: Context
    timestamp: NotRequired[str | None]


class ProductAdded(TypedDict):
    """A product went into the cart. It is not recommended while it is there."""

    event: Literal["ProductAdded"]
    messageid: str
    userid: str
    context: Context
    timestamp: NotRequired[str | None]
    properties: Item


class OrderCompleted(TypedDict):
    """An order was made; what is in it is not in the cart any more."""

    event: Literal["OrderCompleted"]
    messageid: str
    userid: str
    context: Context
    timestamp: NotRequired[str | None]
    properties: Order


class RecommendationsShown(TypedDict):
    """Recommendations came into view."""

    event: Literal["RecommendationsShown"]
    messageid: str
    userid: str
    context: Context
    timestamp: NotRequired[str | None]
    properties: Shown


class RecommendationClicked(TypedDict):
    """A recommendation was followed."""

    event: Literal["RecommendationClicked"]
    messageid: str
    userid: str
    context: Context
    timestamp: NotRequired[str | None]
    properties: Clicked


class Searched(TypedDict):
    """A search was made; it is kept, and nothing is made of it yet."""

    event: Literal["Searched"]
    messageid: str
    userid: str
    context: Context
    timestamp: NotRequired[str | None]
    properties: Search


PostEventsBody: TypeAlias = (
    ProductView
    | ProductAdded
    | ProductRemoved
    | OrderCompleted
    | RecommendationsShown
    | RecommendationClicked
    | Searched
    | list[
        ProductView
        | ProductAdded
        | ProductRemoved
        | OrderCompleted
        | RecommendationsShown
        | RecommendationClicked
        | Searched
    ]
)
