"""What the API answers, as tables; its problems as one exception."""

from typing import Any
from urllib.parse import quote

import pandas
import requests
import streamlit

from vitrine.settings import DashboardSettings, load

_SECONDS = 10
_PAGES_MAXIMUM = 20


class NoAnswer(Exception):  # noqa: N818 - it is an answer to the reader, too
    """The API is away, or has nothing; the message is a sentence to show."""


@streamlit.cache_data(ttl=10, show_spinner="Asking the API …")
def get(path: str, parameters: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    """The body of an answer; asked again after ten seconds. Raises NoAnswer."""
    address = f"{load(DashboardSettings).dashboard_api_url.rstrip('/')}/{path}"
    try:
        answer = requests.get(address, params=parameters, headers=_key() | (headers or {}), timeout=_SECONDS)
        body = answer.json()
    except requests.RequestException:
        raise NoAnswer(f"The API does not answer at {address}. `make up` starts it.") from None
    if not answer.ok:
        raise NoAnswer(str(body.get("detail", "The API has no answer.")))
    return body


def _key() -> dict[str, str]:
    key = load(DashboardSettings).dashboard_api_key
    return {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}


def rows(path: str, pages: int = _PAGES_MAXIMUM, **parameters: str | None) -> pandas.DataFrame:
    """The rows of so many pages at most. Raises NoAnswer."""
    asked = {name.removesuffix("_"): value for name, value in parameters.items() if value} | {"limit": "1000"}
    found: list[dict[str, Any]] = []
    for _ in range(pages):
        body = get(f"analytics/{path}/", asked)
        found += body["rows"]
        if body["next"] is None:
            break
        asked["cursor"] = body["next"]
    return pandas.DataFrame(found)


def profile(kind: str, owner: str) -> dict[str, Any]:
    """Raises NoAnswer."""
    found: dict[str, Any] = get(f"analytics/{kind}/{quote(owner, safe='')}/")
    return found


def shown_to(user: str) -> tuple[list[str], list[dict[str, str]]]:
    """What the shopper viewed last, and what is recommended now with its reason. Raises NoAnswer."""
    header = {"user-id": user}
    viewed = get("user_nav_history_latest_products/", None, header)["products"]
    recommended = get("user_history_recommendations/", {"explain": "true"}, header)["explanations"]
    return viewed, recommended
