"""Every path of experiments."""

from django.urls import URLPattern, path

from api.experiments.views import ExperimentsView, ExperimentView, ResultsView, StartView, StopView

urlpatterns: list[URLPattern] = [
    path("", ExperimentsView.as_view()),
    path("<int:experimentid>/", ExperimentView.as_view()),
    path("<int:experimentid>/start/", StartView.as_view()),
    path("<int:experimentid>/stop/", StopView.as_view()),
    path("<int:experimentid>/results/", ResultsView.as_view()),
]
