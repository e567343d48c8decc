"""Every path of the data API."""

from django.urls import URLPattern, path

from api.analytics.resources import CUSTOMERS, HOUSEHOLDS, LISTS
from api.analytics.views import CustomerView, HouseholdView, SalesView, list_view

urlpatterns: list[URLPattern] = [
    path("households/<str:householdid>/", HouseholdView.as_view()),
    path("customers/<str:userid>/", CustomerView.as_view()),
    path("sales/", SalesView.as_view()),
    *(path(f"{resource.name}/", list_view(resource).as_view()) for resource in (HOUSEHOLDS, CUSTOMERS, *LISTS)),
]
