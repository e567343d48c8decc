"""Every path that is served. Anything else is a 404 problem."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from api.views.events import EventsView
from api.views.health import HealthView, LiveView, ReadyView
from api.views.history import LatestProductsView
from api.views.recommendations import RecommendationsView, SimilarProductsView, TrendingProductsView

_version_1: list[URLPattern | URLResolver] = [
    path("user_nav_history_latest_products/", LatestProductsView.as_view()),
    path("user_history_recommendations/", RecommendationsView.as_view()),
    path("products/trending/", TrendingProductsView.as_view()),
    path("products/<str:productid>/similar/", SimilarProductsView.as_view()),
    path("events/", EventsView.as_view()),
    path("analytics/", include("api.analytics.urls")),
    path("health/", HealthView.as_view()),
    path("health/live/", LiveView.as_view()),
    path("health/ready/", ReadyView.as_view()),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema")),
]

urlpatterns = [path("api/v1/", include(_version_1)), path("admin/", admin.site.urls)]
