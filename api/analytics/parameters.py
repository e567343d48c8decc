"""What a request for rows says in its query. Everything here raises ParseError (400), naming what is not right."""

import base64
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from api.analytics.resources import Filter, Kind, Resource

LIMIT_DEFAULT = 100
LIMIT_MAXIMUM = 1000
_TEXT_MAXIMUM = 200
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Page(NamedTuple):
    """Which rows are asked for: those that the filters leave, after a row with these values of the order's columns."""

    filters: dict[str, Any]
    after: Sequence[Any] | None
    limit: int


def page_parameters(request: Request, resource: Resource, *, beside: Sequence[str] = ()) -> Page:
    """`beside` are parameters that the caller has read. One that is not known would be a filter that does nothing."""
    refuse_others(request, (*beside, *resource.filters, "limit", "cursor"))
    filters = {
        name: _filter_value(name, each, request.query_params[name])
        for name, each in resource.filters.items()
        if name in request.query_params
    }
    if "from" in filters and "to" in filters and filters["from"] > filters["to"]:
        raise ParseError("The query parameter from must not be after to.")
    return Page(filters, _after(request, resource), _limit(request))


def refuse_others(request: Request, known: Sequence[str]) -> None:
    """Each parameter is one that is known, and is given once: of two values, one would be passed over."""
    for name, values in request.query_params.lists():
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "there are none here"
            raise ParseError(f"There is no query parameter {name[:_TEXT_MAXIMUM]}; {there_are}.")
        if len(values) > 1:
            raise ParseError(f"The query parameter {name} must be given once.")


def cursor_after(values: Sequence[Any]) -> str:
    """What names the page after a row with these values."""
    return base64.urlsafe_b64encode(msgspec.json.encode([str(value) for value in values])).decode().rstrip("=")


def choice_parameter(request: Request, name: str, choices: Sequence[str]) -> str:
    return _choice(name, request.query_params.get(name), choices)


def _choice(name: str, text: str | None, choices: Sequence[str]) -> str:
    if text not in choices:
        raise ParseError(f"The query parameter {name} must be {', '.join(choices[:-1])} or {choices[-1]}.")
    return str(text)


def _filter_value(name: str, each: Filter, text: str) -> Any:  # noqa: ANN401 - of the filter's own type
    if each.choices:
        return _choice(name, text, each.choices)
    return _value(text, each.kind, f"The query parameter {name}")


def _after(request: Request, resource: Resource) -> Sequence[Any] | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    wrong = ParseError("The query parameter cursor must be the `next` of an answer to the same question.")
    try:
        texts = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=list[str])
        kinds = [resource.columns[column] for column in resource.order]
        return [
            # A text of a row may be longer than one that is asked for.
            _text(each, len(each)) if kind is Kind.TEXT else _value(each, kind, "The query parameter cursor")
            for each, kind in zip(texts, kinds, strict=True)
        ]
    except (ValueError, ParseError):
        raise wrong from None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(LIMIT_DEFAULT))
    if not re.fullmatch("[0-9]{1,4}", text, re.ASCII) or not 1 <= int(text) <= LIMIT_MAXIMUM:
        raise ParseError(f"The query parameter limit must be a whole number from 1 to {LIMIT_MAXIMUM}.")
    return int(text)


def _text(text: str, longest: int = _TEXT_MAXIMUM) -> str:
    # Postgres keeps no character of code 0.
    if "\0" in text or len(text) > longest:
        raise ValueError(text)
    return text


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _whole(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)


# What each kind must look like, and what reads it.
_READERS: dict[Kind, tuple[str, Callable[[str], Any]]] = {
    Kind.TEXT: (f"a text of at most {_TEXT_MAXIMUM} characters", _text),
    Kind.WHOLE: ("a whole number", _whole),
    Kind.NUMBER: ("a number such as 1.5", _number),
    Kind.DATE: ("a date such as 2026-11-20", date.fromisoformat),
    Kind.MOMENT: ("a time such as 2026-11-20T08:00:00+00:00", datetime.fromisoformat),
}


def _value(text: str, kind: Kind, what: str) -> Any:  # noqa: ANN401 - of the kind's own type
    form, read = _READERS[kind]
    try:
        return read(text)
    except ValueError:
        raise ParseError(f"{what} must be {form}.") from None
