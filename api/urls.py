"""Every path that is served. Anything else is a 404 problem."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from api.doors.snippet.views import ScriptView
from api.doors.views import CallConverter, CallView
from api.operations.views import operations
from api.people.views import MeView, MyExportView, MyReceiptView
from api.views.events import EventsView, EventView
from api.views.health import HealthView, LiveView, ReadyView
from api.views.history import LatestProductsView
from api.views.metrics import MetricsView
from api.views.recommendations import RecommendationsView, SimilarProductsView, TrendingProductsView

# As of PublicView, for views that are not ours.
_PUBLIC: dict[str, Any] = {"authentication_classes": (), "permission_classes": (), "throttle_classes": ()}

_version_1: list[URLPattern | URLResolver] = [
    path("user_nav_history_latest_products/", LatestProductsView.as_view()),
    path("user_history_recommendations/", RecommendationsView.as_view()),
    path("products/trending/", TrendingProductsView.as_view()),
    path("products/<str:productid>/similar/", SimilarProductsView.as_view()),
    path("events/", EventsView.as_view()),
    path("events/<str:messageid>/", EventView.as_view()),
    path("catalogue/", include("api.catalogue.urls")),
    path("people/", include("api.people.urls")),
    path("me/", MeView.as_view()),
    path("me/erasure/", MyReceiptView.as_view()),
    path("me/export/", MyExportView.as_view()),
    path("analytics/", include("api.analytics.urls")),
    path("", include("api.access.urls")),
    path("rules/", include("api.rules.urls")),
    path("experiments/", include("api.experiments.urls")),
    path("health/", HealthView.as_view()),
    path("health/live/", LiveView.as_view()),
    path("health/ready/", ReadyView.as_view()),
    path("metrics/", MetricsView.as_view()),
    path("schema/", SpectacularJSONAPIView.as_view(**_PUBLIC), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", **_PUBLIC)),
]

register_converter(CallConverter, "call")

urlpatterns = [
    path("api/v1/", include(_version_1)),
    # What a shop's pages load.
    path("v1/vitrine.js", ScriptView.as_view()),
    # Where Segment's libraries look for it.
    path("v1/<call:call>", CallView.as_view()),
    # Under the admin's path, where its session is.
    path("admin/operations/", admin.site.admin_view(operations), name="operations"),
    path("operations/", RedirectView.as_view(pattern_name="operations")),
    path("admin/", admin.site.urls),
]
