"""Rules are made, changed and tried here. What a form lets through counts in every answer within a second."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from api.rules import actions
from api.rules.models import Rule
from api.rules.validators import STRENGTH_MAXIMUM
from vitrine.events import ID_RULE


class RuleForm(forms.ModelForm):
    class Meta:
        model = Rule
        fields = (
            *("name", "kind", "products", "category", "placement", "page_category"),
            *("starts_at", "ends_at", "priority", "position", "strength"),
        )
        labels = {"page_category": "Category of the page"}  # noqa: RUF012 - Django reads it
        help_texts = {  # noqa: RUF012 - Django reads it
            "name": "The reason that explanations give",
            "products": "Ids, separated by commas",
            "category": "All of it too, and of what is part of it: A covers A > B; not for a pin",
            "placement": "Empty: at any",
            "page_category": "For lists beside a product of it, or filtered to it; empty: any, or none",
            "starts_at": "Empty: at once",
            "ends_at": "Empty: never",
            "priority": "Of pins that want one place, the highest gets it",
            "position": "Of a pin: the place of its first product, from 1; the others follow",
            "strength": f"Of a boost or bury, 1 to {STRENGTH_MAXIMUM}: 3 takes what is at place 9 to 3, or to 27",
        }
        # Django would say that it is wrong, and not why.
        error_messages = {"products": {"item_invalid": f"Product %(nth)s is no id: {ID_RULE}."}}  # noqa: RUF012

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance.pk is None:
            actions.require_room()
        return cleaned


class StateFilter(admin.SimpleListFilter):
    title = "active"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(state, state) for state in ("now", "later", "over")]

    def queryset(self, _request: HttpRequest, rules: QuerySet[Rule]) -> QuerySet[Rule]:
        now = timezone.now()
        is_over, is_later = Q(ends_at__lte=now), Q(starts_at__gt=now)
        # A comparison with null is null, and so is its opposite.
        states = {"over": rules.filter(is_over), "later": rules.filter(is_later)}
        started = Q(starts_at=None) | Q(starts_at__lte=now)
        states["now"] = rules.filter(started, Q(ends_at=None) | Q(ends_at__gt=now))
        return states.get(self.value() or "", rules)


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin):
    form = RuleForm
    list_display = ("name", "kind", "placement", "page_category", "starts_at", "ends_at", "priority", "active", "tried")
    list_filter = ("kind", StateFilter, "placement", "page_category")
    search_fields = ("name", "category", "products__icontains")
    readonly_fields = ("tried",)

    @admin.display(description="active")
    def active(self, rule: Rule) -> str:
        return rule.state()

    @admin.display(description="preview")
    def tried(self, rule: Rule) -> SafeString | str:
        """Of one that is not stored yet there is none; the API takes a draft."""
        if rule.pk is None:
            return "once it is saved"
        return format_html('<a href="{}">preview</a>', reverse("admin:rules_rule_preview", args=[rule.pk]))

    def get_urls(self) -> list[URLPattern]:
        preview = path("<int:ruleid>/preview/", self.admin_site.admin_view(self.preview), name="rules_rule_preview")
        return [preview, *super().get_urls()]

    def preview(self, request: HttpRequest, ruleid: int) -> HttpResponse:
        """A list with and without rules, this one among them whatever its time span."""
        # Here, as metrics may be declared in the workers only, which count together.
        from api.rules import preview_page

        rule = self.get_object(request, str(ruleid))
        if rule is None or not self.has_view_permission(request, rule):
            raise Http404
        return TemplateResponse(
            request,
            "rules/preview.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Preview of {rule.name}",
                **preview_page.context(request.GET, rule),
            },
        )
