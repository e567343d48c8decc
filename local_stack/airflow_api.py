"""Airflow's REST API as its user calls it."""

import time
from typing import Any

import requests

from vitrine.errors import StackError

ANSWER_WITHIN_SECONDS = 30
TOKEN_RENEWED_AFTER_SECONDS = 3600


class AirflowApi:
    """One login at one Airflow. Every method raises StackError when Airflow is away or refuses, with its reason."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = url
        self._login = {"username": username, "password": password}
        self._token, self._token_until = "", 0.0

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """What /api/v2/PATH answers."""
        return self._call("GET", f"/api/v2/{path}", params=parameters)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What /api/v2/PATH answers to a POST of JSON."""
        return self._call("POST", f"/api/v2/{path}", json=body)

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as requests takes them
        if time.monotonic() > self._token_until:
            self._token = str(self._request("POST", "/auth/token", json=self._login)["access_token"])
            self._token_until = time.monotonic() + TOKEN_RENEWED_AFTER_SECONDS
        return self._request(method, path, headers={"Authorization": f"Bearer {self._token}"}, **request)

    def _request(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as requests takes them
        try:
            answer = requests.request(method, f"{self._url}{path}", timeout=ANSWER_WITHIN_SECONDS, **request)
        except requests.RequestException as error:
            raise StackError(f"Airflow does not answer ({type(error).__name__})") from None
        if not answer.ok:
            raise StackError(f"Airflow refuses {method} {path} ({answer.status_code}): {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found
