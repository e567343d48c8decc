"""Of the API, all its worker processes together."""

from vitrine.doors.segment import REASONS
from vitrine.metrics.exposition import OPEN, Exposition

exposition = Exposition("API")

REQUEST_SECONDS = exposition.histogram(
    "vitrine_api_request_seconds",
    "Time to answer, by the path as it is declared and by how it ended: refused is 4xx, limited 429, unavailable 503,"
    " failed any other 5xx",
    endpoint=OPEN,
    method=("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "other"),
    outcome=("ok", "refused", "limited", "unavailable", "failed"),
)
VIEWS = exposition.counter(
    "vitrine_api_views_total",
    "Views posted; unavailable: Kafka did not take them",
    outcome=("accepted", "invalid", "unavailable"),
)
SHOP_EVENTS = exposition.counter(
    "vitrine_api_shop_events_total",
    "Carts, orders, searches and the like that were posted; unavailable: Kafka did not take them. Invalid ones are"
    " among the views",
    outcome=("accepted", "unavailable"),
)
UNCOUNTED_VIEWS = exposition.counter(
    "vitrine_api_uncounted_views_total",
    "Views, carts and orders posted that do not count for recommendations, by the cap that they are over",
    cap=("person", "address-product", "address"),
)
SEGMENT_MESSAGES = exposition.counter(
    "vitrine_api_segment_messages_total",
    "Messages of calls in Segment's form, by the id of the key and by what became of them: accepted; ignored, as they"
    " tell of nothing that is kept; else the reason of the refusal",
    key=OPEN,
    outcome=("accepted", "ignored", *REASONS),
)
RECOMMENDED_PRODUCTS = exposition.counter(
    "vitrine_api_recommended_products_total",
    "Products shown, by kind of list and by source of the candidate",
    endpoint=OPEN,
    source=OPEN,
)
CACHE_ANSWERS = exposition.counter(
    "vitrine_api_cache_answers_total",
    "Aggregates of the data API that were looked for in Valkey",
    outcome=("hit", "miss", "away"),
)
SHOWN_LOST = exposition.counter("vitrine_api_shown_lost_total", "Answers of which Kafka was not told what they showed")
MODEL_AGE = exposition.gauge(
    "vitrine_api_model_age_seconds", "Time since the newest event in the model that answers; -1 where there is none"
)
