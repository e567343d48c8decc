"""Every path of rules."""

from django.urls import URLPattern, path

from api.rules.views import PreviewView, RulesView, RuleView

urlpatterns: list[URLPattern] = [
    path("", RulesView.as_view()),
    path("preview/", PreviewView.as_view()),
    path("<int:ruleid>/", RuleView.as_view()),
]
