"""The paths of the catalogue."""

from django.urls import URLPattern, path

from api.catalogue.views import ProductsView, ProductView

urlpatterns: list[URLPattern] = [
    path("products/", ProductsView.as_view()),
    path("products/<str:productid>/", ProductView.as_view()),
]
