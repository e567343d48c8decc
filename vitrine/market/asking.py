"""Asking the sources: again where that may help, and in one sentence what went wrong where it did not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.requests.retry import DEFAULT_RETRY_EXCEPTIONS
from requests import Response

from vitrine.errors import MarketSourceError
from vitrine.settings import MarketSettings

# Of a body that says what is wrong; more of it would fill the log.
_SAID = 200


class UnusableAnswerError(Exception):
    """A server says 200 and answers something else than it was asked for."""

    def __init__(self, response: Response, reason: str) -> None:
        super().__init__(f"{_address(response.url)}: {reason}")


def session(settings: MarketSettings) -> requests.Session:
    """Tries again, after growing pauses or Retry-After: 429, 5xx, no answer, a cut one, an unusable one.

    A source sends nobody on to another server, which may be one that only this machine can reach.
    """
    made: requests.Session = Client(
        raise_for_status=False,
        request_timeout=settings.market_timeout_seconds,
        request_max_attempts=settings.market_attempts,
        exceptions=(*DEFAULT_RETRY_EXCEPTIONS, UnusableAnswerError),
    ).session
    made.hooks["response"].append(_stay)
    return made


def _stay(response: Response, *_: object, **__: object) -> None:
    """Raises UnusableAnswerError for a redirect to another server; one to HTTPS at the same host is none."""
    if not response.is_redirect:
        return
    asked, sent_to = (urlsplit(each) for each in (response.url, urljoin(response.url, response.headers["location"])))
    if sent_to.hostname != asked.hostname or (sent_to.port != asked.port and sent_to.scheme != "https"):
        raise UnusableAnswerError(response, f"it sends to another server, {sent_to.netloc}")


def json_of(response: Response) -> Any:  # noqa: ANN401 - whatever is in it
    """Raises UnusableAnswerError for what is not JSON."""
    try:
        return response.json()
    except ValueError:
        raise UnusableAnswerError(response, "the answer is not JSON") from None


def sentence(source: str, error: BaseException) -> MarketSourceError:
    """What is at the root of dlt's errors. The query of an address is left out: it may hold the key."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case UnusableAnswerError():
                return MarketSourceError(f"{source}: {cause}")
            case requests.HTTPError(response=Response() as response):
                said = " ".join(response.text.split())[:_SAID]
                return MarketSourceError(f"{source}: {_address(response.url)} answered {response.status_code}: {said}")
            case requests.RequestException(request=request) if request is not None:
                return MarketSourceError(f"{source}: {_address(request.url)}: {type(cause).__name__}")
            case requests.RequestException():
                return MarketSourceError(f"{source}: {' '.join(str(cause).split())}")
    return MarketSourceError(f"{source}: {' '.join(str(causes[-1]).split())}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        yield cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__


def _address(url: object) -> str:
    parts = urlsplit(str(url))
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
