"""An experiment, its arms and its results as they are kept. vitrine.experiments says what they mean.

A trigger (migrations/0001_experiments.py) tells every process of the API of a change when it is committed.
"""

import uuid
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from api.experiments import validators
from api.experiments.validators import ARMS_MAXIMUM, ARMS_MINIMUM
from api.rules.models import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vitrine import experiments


def _salt() -> str:
    return uuid.uuid4().hex


class Experiment(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft"
        RUNNING = "running"
        STOPPED = "stopped"

    class List(models.TextChoices):
        FOR_YOU = "for-you"
        SIMILAR = "similar"
        TRENDING = "trending"

    class Metric(models.TextChoices):
        CONVERSION = "conversion", "conversion: who orders"
        REVENUE = "revenue", "revenue of a person"
        CLICKS = "clicks", "clicks: who clicks on a recommendation"

    name = models.CharField(max_length=128, unique=True, validators=validators.ID)
    list = models.CharField(max_length=8, choices=List, null=True, blank=True)
    placement = models.CharField(max_length=128, null=True, blank=True, validators=validators.ID)
    primary_metric = models.CharField(max_length=10, choices=Metric, default=Metric.CONVERSION)
    planned_people = models.PositiveIntegerField(validators=validators.PLANNED)
    stops_by_itself = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT, editable=False)
    # Another one would put people into other arms.
    salt = models.CharField(max_length=32, default=_salt, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)
    # In words for people, where it stopped by itself.
    stopped_because = models.CharField(max_length=validators.BECAUSE_CHARACTERS, default="", editable=False)
    # The last verdict that somebody was told of.
    told = models.CharField(max_length=20, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "experiments"
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def clean(self) -> None:
        # An empty text is none.
        self.list, self.placement = self.list or None, self.placement or None


class Arm(models.Model):
    class Model(models.TextChoices):
        TRAINED = "trained", "trained: the shop's own forest, where it has one"
        UNTRAINED = "untrained", "untrained: the formula that every shop starts with"
        NONE = "none", "none: best sellers and the newest"

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="arms")
    # The first one is the control.
    position = models.PositiveSmallIntegerField(editable=False)
    name = models.CharField(max_length=128, validators=validators.ID)
    weight = models.PositiveIntegerField(default=1, validators=validators.WEIGHT)
    sources = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    # Null: all that apply; empty: none.
    rules = ArrayField(models.BigIntegerField(), null=True, blank=True)
    model = models.CharField(max_length=9, choices=Model, default=Model.TRAINED)
    shows_nothing = models.BooleanField(default=False)

    class Meta:
        db_table = "experiment_arms"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["experiment", "name"], name="experiment_arms_name"),
            models.UniqueConstraint(fields=["experiment", "position"], name="experiment_arms_position"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.shows_nothing and (self.sources or self.rules is not None or self.model != self.Model.TRAINED):
            raise ValidationError({"shows_nothing": "An arm that shows nothing has no sources, rules or model."})
        if self.rules and (missing := set(self.rules) - {*Rule.objects.values_list("id", flat=True)}):
            raise ValidationError({"rules": f"There is no rule {min(missing)}."})
        if len(set(self.sources)) < len(self.sources):
            raise ValidationError({"sources": "A source is named twice."})

    def held(self) -> "experiments.Arm":
        """It as it is applied."""
        from vitrine import experiments

        rules = None if self.rules is None else tuple(self.rules)
        model = experiments.Model(self.model)
        return experiments.Arm(self.name, self.weight, tuple(self.sources), rules, model, self.shows_nothing)


class Result(models.Model):
    """A metric of an arm as it was on a day."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="results")
    # The day of the publish of the marts that it is made of.
    as_of = models.DateField()
    arm = models.CharField(max_length=128)
    metric = models.CharField(max_length=10)
    is_primary = models.BooleanField()
    # Who has taken part, and whose time is over; who was in two arms.
    people = models.BigIntegerField()
    counted = models.BigIntegerField()
    left_out = models.BigIntegerField()
    mean = models.FloatField()
    # Beside the control: the estimate, and the ends of what it may be.
    difference = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    verdict = models.CharField(max_length=20)
    # Of the whole experiment.
    outcome = models.CharField(max_length=20)
    skew = models.FloatField()
    power = models.CharField(max_length=300)
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "experiment_results"
        ordering = ("as_of", "id")
        constraints = (
            models.UniqueConstraint(fields=["experiment", "as_of", "arm", "metric"], name="experiment_results_row"),
        )

    def __str__(self) -> str:
        return f"{self.metric} of {self.arm}"


def check_arms(list_name: str | None, arms: "Sequence[Arm]") -> None:
    """Raises ValidationError unless the arms fit together, and their sources to the list; says what does not."""
    from vitrine.recommending import sources_of

    if not ARMS_MINIMUM <= len(arms) <= ARMS_MAXIMUM:
        raise ValidationError({"arms": f"An experiment has {ARMS_MINIMUM} to {ARMS_MAXIMUM} arms; the first controls."})
    if len({arm.name for arm in arms}) < len(arms):
        raise ValidationError({"arms": "Two arms have one name."})
    named = {source for arm in arms for source in arm.sources}
    if named and list_name is None:
        raise ValidationError({"arms": "Arms with sources are of an experiment on one list."})
    if list_name and (unknown := named - {*sources_of(list_name)}):
        there = ", ".join(sources_of(list_name))
        raise ValidationError({"arms": f"The list {list_name} has no source {min(unknown)}; it has {there}."})
