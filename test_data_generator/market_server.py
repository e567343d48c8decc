"""A server that answers in the forms of the US Census API, of Yelp's search, and of a web page, with a made-up market.

`python -m test_data_generator.market_server --port 8010`. For tests it can be told to fail: see `Faults`.
"""

import argparse
import html
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from test_data_generator.market import Market

CENSUS_VARIABLES = ("NAME", "B01003_001E")
PAGE_MAXIMUM = 50
SHOWN_MAXIMUM = 1000
KEY = "sample-key"

Query = dict[str, str]
Answer = tuple[int, str, bytes]


class Faults:
    """What goes wrong next: `POST /faults` takes a list of {path, kind, after, times, body}.

    Requests whose path begins with `path` fail, `times` of them, once `after` have been answered. Kinds: a status (429,
    500), "cut" (the connection ends within the body), "body" (200 with `body`).
    """

    def __init__(self) -> None:
        self._faults: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def replace(self, faults: list[dict[str, Any]]) -> None:
        with self._lock:
            self._faults = [{"after": 0, "times": 1, **fault} for fault in faults]

    def next(self, path: str) -> dict[str, Any] | None:
        with self._lock:
            for fault in self._faults:
                if not path.startswith(fault["path"]) or fault["times"] <= 0:
                    continue
                if fault["after"] > 0:
                    fault["after"] -= 1
                    continue
                fault["times"] -= 1
                return fault
        return None


@dataclass
class State:
    """What the server's threads share. `day` is that of the ratings; None: today."""

    market: Market
    key: str
    faults: Faults
    day: date | None = None
    requests: int = 0


def server(port: int, market: Market, key: str = KEY, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Listens, on this machine alone unless told otherwise; serve_forever() answers."""
    state = State(market, key, Faults())

    class Handler(MarketHandler):
        shared = state

    return ThreadingHTTPServer((host, port), Handler)


class MarketHandler(BaseHTTPRequestHandler):
    """One request."""

    shared: State
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/requests":
            return self._send(_json(HTTPStatus.OK, self.shared.requests))
        self.shared.requests += 1
        if fault := self.shared.faults.next(parts.path):
            return self._fail(fault)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self._send(self._answer(parts.path, query))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/faults":
            self.shared.faults.replace(body)
        elif self.path == "/day":
            self.shared.day = date.fromisoformat(body)
        self._send(_json(HTTPStatus.OK, {}))

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: a line a request is of no use here."""

    def _answer(self, path: str, query: Query) -> Answer:
        pages: dict[str, Callable[[], Answer]] = {
            "census": lambda: census(self.shared.market, query),
            "businesses": lambda: self._businesses(query),
            "states": lambda: states_page(self.shared.market),
        }
        kind = {"/v3/businesses/search": "businesses", "/states.html": "states"}.get(path)
        if path.startswith("/data/") and path.endswith("/acs/acs5"):
            kind = "census"
        return pages[kind]() if kind else _json(HTTPStatus.NOT_FOUND, {"error": {"code": "NOT_FOUND"}})

    def _businesses(self, query: Query) -> Answer:
        if self.headers.get("Authorization") != f"Bearer {self.shared.key}":
            return _error(HTTPStatus.UNAUTHORIZED, "TOKEN_INVALID", "Invalid access token or authorization header.")
        day = self.shared.day or datetime.now(UTC).date()
        return businesses(self.shared.market, day, query)

    def _send(self, answer: Answer, *, cut_at: int | None = None) -> None:
        status, content_type, body = answer
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body[:cut_at])

    def _fail(self, fault: dict[str, Any]) -> None:
        if fault["kind"] == "cut":
            self._send(_json(HTTPStatus.OK, ["never to be seen"] * 99), cut_at=100)
            self.close_connection = True
        elif fault["kind"] == "body":
            self._send((HTTPStatus.OK, "application/json", fault["body"].encode()))
        else:
            self._send(_error(int(fault["kind"]), "ACCESS_LIMIT_REACHED", "You have been asked to fail."))


def census(market: Market, query: Query) -> Answer:
    """Rows as lists, their names in the first."""
    if tuple(query.get("get", "").split(",")) != CENSUS_VARIABLES:
        return HTTPStatus.BAD_REQUEST, "text/plain", f"error: unknown variable '{query.get('get')}'".encode()
    if query.get("for") == "state:*":
        rows = [[state.name, str(market.population(state)), state.fips] for state in market.chosen()]
        return _json(HTTPStatus.OK, [[*CENSUS_VARIABLES, "state"], *rows])
    if query.get("for") == "county:*" and query.get("in") == "state:*":
        rows = [
            [name, str(inhabitants), state.fips, code]
            for state in market.chosen()
            for code, name, inhabitants in market.counties(state)
        ]
        return _json(HTTPStatus.OK, [[*CENSUS_VARIABLES, "state", "county"], *rows])
    return HTTPStatus.BAD_REQUEST, "text/plain", b"error: unknown/unsupported geography hierarchy"


def businesses(market: Market, day: date, query: Query) -> Answer:
    """A page of those in a state, by its name."""
    limit, offset = int(query.get("limit", 20)), int(query.get("offset", 0))
    if limit > PAGE_MAXIMUM or limit + offset > SHOWN_MAXIMUM:
        return _error(HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR", f"{limit} + {offset} is more than is shown")
    for state in market.chosen():
        if state.name == query.get("location"):
            found = market.businesses(state, day)
            region = {"center": {"longitude": -98.5, "latitude": 39.8}}
            page = {"businesses": found[offset : offset + limit], "total": len(found), "region": region}
            return _json(HTTPStatus.OK, page)
    return _error(HTTPStatus.BAD_REQUEST, "LOCATION_NOT_FOUND", "Could not execute search, try another location.")


def states_page(market: Market) -> Answer:
    """As such pages are: another table before it, a footnote, columns that nobody asked for."""
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(cell)}</td>"
            for cell in (state.name, state.abbreviation, state.fips, state.capital, state.region, state.division, "…")
        )
        + "</tr>\n"
        for state in market.chosen()
    ).replace("<td>District of Columbia</td>", '<td>District of Columbia<sup><a href="#a">[a]</a></sup></td>')
    page = f"""<!doctype html><html><head><meta charset="utf-8"><title>States</title></head><body>
<table class="infobox"><tr><th>Number</th><td>{market.states}</td></tr></table>
<table class="wikitable"><tr><th>State</th><th>Postal abbreviation</th><th>FIPS code</th><th>Capital</th><th>Region</th>
<th>Division<sup>[b]</sup></th><th>Flag</th></tr>
{rows}</table></body></html>"""
    return HTTPStatus.OK, "text/html; charset=utf-8", page.encode()


def _error(status: int, code: str, description: str) -> Answer:
    return _json(status, {"error": {"code": code, "description": description}})


def _json(status: int, body: object) -> Answer:
    return status, "application/json", json.dumps(body).encode()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m test_data_generator.market_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where it listens; 0.0.0.0 in a container")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--states", type=int, default=Market.states, help="the first so many by their names")
    parser.add_argument("--businesses", type=int, default=Market.businesses_a_state, help="a state, on average")
    options = parser.parse_args(arguments)
    market = Market(options.seed, options.states, options.businesses)
    with server(options.port, market, host=options.host) as serving:
        serving.serve_forever()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
