"""What the API of rules takes and gives."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from msgspec import Meta

from api import filling
from api.rules.models import Rule

_Moment = Annotated[datetime, Meta(tz=True)] | None
# What a body may say, each with its type; the model says which values are right.
FIELDS: dict[str, Any] = {
    "name": str,
    "kind": str,
    "products": list[str],
    "category": str | None,
    "placement": str | None,
    "page_category": str | None,
    "starts_at": _Moment,
    "ends_at": _Moment,
    "priority": int,
    "position": int | None,
    "strength": float | None,
}


def shown(rule: Rule) -> dict[str, object]:
    """A rule, with whether it applies `now`, `later` or is `over`."""
    columns = ("id", *FIELDS, "created_at", "changed_at")
    return {**{each: getattr(rule, each) for each in columns}, "state": rule.state()}


def emptied(rule: Rule) -> Rule:
    """The rule with what a new one has."""
    new = Rule()
    for name in FIELDS:
        setattr(rule, name, getattr(new, name))
    return rule


def fill(rule: Rule, body: Mapping[str, object]) -> Rule:
    """The rule with what a body says of it. Raises ValidationError: all that is wrong, each with its field."""
    errors = filling.fill(rule, body, FIELDS)
    if errors:
        raise ValidationError(errors)
    return rule
