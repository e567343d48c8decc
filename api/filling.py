"""Rows of the shop's Postgres from bodies of requests."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import models

_NAMED_CHARACTERS = 200


def fill(
    row: models.Model,
    body: Mapping[str, object],
    fields: Mapping[str, Any],
    *,
    other: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> dict[str, list[str]]:
    """Gives a row what a body says of it; returns all that is wrong, by field.

    `fields` are those that a body may say, each with its type; the model says which values are right. The body may have
    `other` fields, which are somebody else's; those of the model that are to `exclude` are not looked at.
    """
    errors: dict[str, list[str]] = {}
    for name in fields.keys() & body.keys():
        try:
            setattr(row, name, msgspec.convert(body[name], fields[name]))
        except msgspec.ValidationError as error:
            errors[name] = [str(error)]
    try:
        row.full_clean(exclude={*errors, *exclude})
    except ValidationError as error:
        errors = {**error.message_dict, **errors}
    if unknown := sorted(body.keys() - {*fields, *other}):
        there = ", ".join([*fields, *other])
        errors[", ".join(unknown)[:_NAMED_CHARACTERS]] = [f"There is no such field; there are {there}."]
    return errors
