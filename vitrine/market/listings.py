"""Businesses, in the form of Yelp's search: by place, in pages, with a key, no more than a thousand a place."""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dlt
import msgspec
from dlt.extract import DltSource
from dlt.sources.helpers.rest_client.paginators import OffsetPaginator
from dlt.sources.rest_api import rest_api_source
from pydantic import SecretStr
from requests import Response

from vitrine.market.asking import UnusableAnswerError, json_of, session
from vitrine.market.rows import Business, Sorting, steps
from vitrine.market.tables import LISTINGS
from vitrine.settings import MarketSettings

PAGE = 50
MOST_A_PLACE = 1000
_NOT_KEPT = ("alias", "image_url", "url", "transactions", "display_phone", "distance", "attributes", "business_hours")

logger = logging.getLogger(__name__)


def listings(
    settings: MarketSettings, key: SecretStr, places: Sequence[str], day: date
) -> tuple[DltSource, list[Sorting]]:
    """The businesses of these places, as they are on a day."""
    sorting = Sorting(Business, known=_NOT_KEPT)

    def shaped(row: Business, _raw: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": row.id,
            "day": day,
            "name": row.name,
            "rating": row.rating,
            "review_count": row.review_count,
            "is_closed": row.is_closed,
            "price": row.price,
            "phone": row.phone or None,
            "city": row.location.city,
            "zip_code": row.location.zip_code,
            "state": row.location.state,
            "latitude": row.coordinates.latitude,
            "longitude": row.coordinates.longitude,
            "categories": msgspec.to_builtins(row.categories),
        }

    source = rest_api_source(
        {
            "client": {
                "base_url": settings.listings_url,
                "auth": {"type": "bearer", "token": key.get_secret_value()},
                "session": session(settings),
            },
            "resources": [
                # One page, as those that depend on it take pages.
                dlt.resource([[{"place": place} for place in places]], name="places"),
                LISTINGS.hints()
                | {
                    "endpoint": {
                        "path": "businesses/search",
                        "params": {"location": "{resources.places.place}"},
                        "paginator": OffsetPaginator(limit=PAGE, total_path="total", maximum_offset=MOST_A_PLACE),
                        "data_selector": "businesses[*]",
                        "response_actions": [_check],
                    },
                    "processing_steps": steps(sorting, shaped),
                },
            ],
        },
        name="listings",
    )
    return source.with_resources(LISTINGS.name), [sorting]


def _check(response: Response, *_: object, **__: object) -> None:
    """Raises UnusableAnswerError; warns where there is more than the API shows."""
    if not response.ok:
        return
    body = json_of(response)
    if not (isinstance(body, dict) and isinstance(body.get("businesses"), list) and isinstance(body.get("total"), int)):
        raise UnusableAnswerError(response, "the answer has no list `businesses`, or no number `total`")
    asked = parse_qs(urlsplit(str(response.url)).query)
    if body["total"] > MOST_A_PLACE and asked.get("offset", ["0"]) == ["0"]:
        logger.warning(
            "listings: of the %d businesses of %s the API shows %d", body["total"], *asked["location"], MOST_A_PLACE
        )
