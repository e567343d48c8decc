"""Experiments are made, started, stopped and looked at here. The arms of one that was started stay as they are."""

from itertools import count
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from api.experiments import actions, selectors
from api.experiments.models import Arm, Experiment, check_arms
from api.experiments.validators import ARMS_MAXIMUM, ARMS_MINIMUM
from api.problems import ConflictError
from vitrine.events import ID_RULE

_TEXT_OF_LIST = "Ids, separated by commas"


class ArmForm(forms.ModelForm):
    # An empty field is no rule in Django's form, and would be all of them.
    all_rules = forms.BooleanField(required=False, initial=True, help_text="Of the shop; else those that are named")

    class Meta:
        model = Arm
        fields = ("name", "weight", "sources", "model", "all_rules", "rules", "shows_nothing")
        help_texts = {  # noqa: RUF012 - Django reads it
            "name": ID_RULE,
            "sources": "Names of sources of the list, separated by commas, in their order; empty: as usual",
            "rules": _TEXT_OF_LIST,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["all_rules"] = self.instance.rules is None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "rules" in cleaned:
            named = cleaned["rules"] or []
            if cleaned.get("all_rules") and named:
                self.add_error("rules", "All rules apply: name none.")
            cleaned["rules"] = None if cleaned.get("all_rules") else named
        return cleaned


class ArmFormSet(forms.BaseInlineFormSet):
    """In the order in which they stand, the control first."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        arms = [form.instance for form in self._filled()]
        # Behind all that there are, also those that go: two of one place are refused.
        places = count(max((form.instance.position for form in self.initial_forms), default=-1) + 1)
        for arm in arms:
            if arm.pk is None:
                arm.position = next(places)
        try:
            check_arms(self.instance.list, arms)
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def _filled(self) -> list[forms.ModelForm]:
        return [
            form
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE") and form.cleaned_data.get("name")
        ]


class ArmInline(admin.TabularInline):
    model = Arm
    form, formset = ArmForm, ArmFormSet
    extra, min_num, max_num = 0, ARMS_MINIMUM, ARMS_MAXIMUM
    verbose_name_plural = "arms; the first is the control"

    def _is_open(self, experiment: Experiment | None) -> bool:
        return experiment is None or experiment.is_draft

    def has_add_permission(self, _request: HttpRequest, obj: Experiment | None = None) -> bool:
        return self._is_open(obj)

    def has_change_permission(self, _request: HttpRequest, obj: Experiment | None = None) -> bool:
        return self._is_open(obj)

    def has_delete_permission(self, _request: HttpRequest, obj: Experiment | None = None) -> bool:
        return self._is_open(obj)


class ExperimentForm(forms.ModelForm):
    class Meta:
        model = Experiment
        fields = ("name", "list", "placement", "primary_metric", "planned_people", "stops_by_itself")
        help_texts = {  # noqa: RUF012 - Django reads it
            "name": ID_RULE,
            "list": "Empty: on all three",
            "placement": "Empty: at any, and without one",
            "primary_metric": "The one that decides",
            "planned_people": "In all arms; with fewer a small difference is not found",
            "stops_by_itself": "Once an arm is better or worse, or the planned people have been counted",
        }


@admin.register(Experiment)
class ExperimentAdmin(admin.ModelAdmin):
    form = ExperimentForm
    inlines = (ArmInline,)
    list_display = ("name", "list", "placement", "state", "started_at", "stopped_at", "known")
    list_filter = ("state", "list")
    search_fields = ("name",)
    readonly_fields = ("state", "started_at", "stopped_at", "stopped_because", "known")
    actions = ("start", "stop")

    @admin.display(description="results")
    def known(self, experiment: Experiment) -> SafeString | str:
        if experiment.pk is None or experiment.is_draft:
            return "once it runs"
        return format_html('<a href="{}">results</a>', reverse("admin:experiments_results", args=[experiment.pk]))

    def has_change_permission(self, _request: HttpRequest, obj: Experiment | None = None) -> bool:
        return obj is None or obj.is_draft

    def has_delete_permission(self, _request: HttpRequest, obj: Experiment | None = None) -> bool:
        """What was started stays: people are remembered by its name."""
        return obj is not None and obj.is_draft

    @admin.action(description="Start: people take part from now on; the arms stay as they are", permissions=["add"])
    def start(self, request: HttpRequest, chosen: QuerySet[Experiment]) -> None:
        self._each(request, chosen, actions.start_experiment, "runs")

    @admin.action(description="Stop: nobody takes part any more, for good", permissions=["add"])
    def stop(self, request: HttpRequest, chosen: QuerySet[Experiment]) -> None:
        self._each(request, chosen, actions.stop_experiment, "is stopped")

    def _each(self, request: HttpRequest, chosen: QuerySet[Experiment], act: Any, said: str) -> None:  # noqa: ANN401
        for experiment in chosen:
            try:
                act(experiment.pk)
            except (ConflictError, ValidationError) as error:
                words = error.messages if isinstance(error, ValidationError) else [str(error)]
                self.message_user(request, " ".join(words), messages.ERROR)
            else:
                self.message_user(request, f"{experiment} {said}.")

    def get_urls(self) -> list[URLPattern]:
        results = path(
            "<int:experimentid>/results/", self.admin_site.admin_view(self.results), name="experiments_results"
        )
        return [results, *super().get_urls()]

    def results(self, request: HttpRequest, experimentid: int) -> HttpResponse:
        """What is known of an experiment, arm by arm."""
        experiment = selectors.experiment(experimentid)
        if experiment is None or not self.has_view_permission(request, experiment):
            raise Http404
        found = selectors.results(experiment)
        context = {"title": f"Results of {experiment}", "experiment": experiment, "rows": found}
        return TemplateResponse(
            request,
            "experiments/results.html",
            {**self.admin_site.each_context(request), **context, "first": found[0] if found else None},
        )
