"""A rule as it is kept. vitrine.recommending.rules says what rules do.

A trigger (migrations/0001_rules.py) tells every process of the API of a change when it is committed, whoever made it.
"""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from api.rules import validators
from api.rules.validators import CATEGORY_CHARACTERS, PRODUCTS_MAXIMUM

if TYPE_CHECKING:
    from vitrine import recommending


class Rule(models.Model):
    class Kind(models.TextChoices):
        PIN = "pin", "pin: at a place"
        BOOST = "boost", "boost: further up"
        BURY = "bury", "bury: further down"
        HIDE = "hide", "hide: not at all"
        REQUIRE = "require", "require: nothing else"

    # In words for people: the reason that explanations give.
    name = models.CharField(max_length=100, validators=validators.TEXT)
    kind = models.CharField(max_length=7, choices=Kind)
    products = ArrayField(
        models.CharField(max_length=128, validators=validators.ID), size=PRODUCTS_MAXIMUM, default=list, blank=True
    )
    category = models.CharField(max_length=CATEGORY_CHARACTERS, null=True, blank=True, validators=validators.TEXT)
    placement = models.CharField(max_length=128, null=True, blank=True, validators=validators.ID)
    page_category = models.CharField(max_length=CATEGORY_CHARACTERS, null=True, blank=True, validators=validators.TEXT)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    priority = models.IntegerField(default=0, validators=validators.PRIORITY)
    position = models.PositiveSmallIntegerField(null=True, blank=True, validators=validators.POSITION)
    strength = models.FloatField(null=True, blank=True, validators=validators.STRENGTH)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "rules"
        ordering = ("-priority", "id")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError unless the columns fit together; says all that does not."""
        for name in ("category", "placement", "page_category"):
            # An empty text is none.
            setattr(self, name, getattr(self, name) or None)
        if self.kind not in self.Kind.values:
            return
        errors = {**self._faults_of_products(), **self._faults_of_numbers()}
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            errors["ends_at"] = "This is not after starts_at."
        if errors:
            raise ValidationError(errors)

    def _faults_of_products(self) -> dict[str, str]:
        if len(set(self.products)) < len(self.products):
            return {"products": "A product is named twice."}
        if self.kind == self.Kind.PIN:
            named = {} if self.products else {"products": "A pin names the products that it is about."}
            return named | ({"category": "A pin has no category: it names its products."} if self.category else {})
        return {} if self.products or self.category else {"products": "Products or a category are missing."}

    def _faults_of_numbers(self) -> dict[str, str]:
        faults = {}
        for name, kinds in (("position", {self.Kind.PIN}), ("strength", {self.Kind.BOOST, self.Kind.BURY})):
            is_given, is_wanted = getattr(self, name) is not None, self.kind in kinds
            if is_wanted and not is_given:
                faults[name] = f"A {self.kind} needs a {name}."
            elif is_given and not is_wanted:
                faults[name] = f"A {self.kind} has no {name}."
        return faults

    def state(self) -> str:
        """`now`, `later` or `over`."""
        now = timezone.now()
        if self.ends_at is not None and self.ends_at <= now:
            return "over"
        return "later" if self.starts_at is not None and self.starts_at > now else "now"

    def held(self) -> "recommending.Rule":
        """It as it is applied; without an id, a draft."""
        # Commands have no need of it, and it takes a second to load.
        from vitrine import recommending

        return recommending.Rule(
            self.pk,
            self.name,
            recommending.RuleKind(self.kind),
            tuple(self.products),
            self.category,
            self.placement,
            self.page_category,
            float("-inf") if self.starts_at is None else self.starts_at.timestamp(),
            float("inf") if self.ends_at is None else self.ends_at.timestamp(),
            self.priority,
            self.position or 1,
            self.strength or 1.0,
        )
