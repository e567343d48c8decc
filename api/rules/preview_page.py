"""What the admin's page of a rule's preview shows."""

import time
from typing import Any

from django import forms
from django.http import QueryDict

from api import problems
from api.limits import LIMIT_DEFAULT
from api.rules import selectors
from api.rules.models import Rule
from api.rules.selectors import LISTS, Preview, Wanted
from api.rules.validators import ID
from vitrine.errors import UnavailableError
from vitrine.learning import Period
from vitrine.recommending import LIMIT_MAXIMUM, Filters


class PreviewForm(forms.Form):
    """Which list of whom is to be seen."""

    shopper = forms.CharField(required=False, max_length=128, validators=ID, help_text="Empty: nobody")
    list = forms.ChoiceField(choices=[(name, name) for name in LISTS])
    product = forms.CharField(required=False, max_length=128, validators=ID, help_text="Of the list similar")
    placement = forms.CharField(required=False, max_length=128, validators=ID)
    category = forms.CharField(required=False, help_text="To which the list is filtered")
    limit = forms.IntegerField(min_value=1, max_value=LIMIT_MAXIMUM)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (cleaned.get("list") == "similar") != bool(cleaned.get("product")):
            self.add_error("product", "The list similar has a product that it is beside, and no other has.")
        return cleaned

    def wanted(self) -> Wanted:
        asked = self.cleaned_data
        filters = Filters(category=asked["category"] or None)
        product, shopper, placement = (asked[name] or None for name in ("product", "shopper", "placement"))
        return Wanted(asked["list"], product, Period.DAY, shopper, asked["limit"], filters, placement)


def context(query: QueryDict, rule: Rule) -> dict[str, Any]:
    """A form, and the list that it asks for with and without rules, this one among them whatever its time span."""
    form = PreviewForm(query or None, initial={"limit": LIMIT_DEFAULT, "placement": rule.placement})
    found, problem = _previewed(form, rule) if form.is_valid() else (None, "")
    return {"form": form, "problem": problem, "preview": found, "rows": _rows(found) if found else ()}


def _previewed(form: PreviewForm, rule: Rule) -> tuple[Preview | None, str]:
    """The preview, or why there is none."""
    try:
        found = selectors.preview(form.wanted(), draft=rule.held(), now=time.time())
    except UnavailableError as error:
        return None, problems.away(error)
    return found, "" if found else "Nobody knows this product."


def _rows(preview: Preview) -> list[tuple[int, str, str, str]]:
    """Place by place: what is there without rules and with them, and why it is there."""
    length = max(len(preview.without), len(preview.ruled))
    before = [each.product for each in preview.without] + [""] * length
    after = [(each.product, each.reason) for each in preview.ruled] + [("", "")] * length
    return [(place + 1, before[place], *after[place]) for place in range(length)]
