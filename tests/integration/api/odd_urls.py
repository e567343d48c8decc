"""The product's views, views that fail, and one that takes its time."""

import time
from typing import NoReturn

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from api.urls import urlpatterns as product_urlpatterns


class BrokenView(APIView):
    def get(self, _request: Request) -> NoReturn:
        raise RuntimeError("a secret")


def broken(_request: HttpRequest) -> NoReturn:
    raise RuntimeError("a secret")


def slow(_request: HttpRequest) -> HttpResponse:
    time.sleep(1.5)
    return HttpResponse("done")


urlpatterns = [
    *product_urlpatterns,
    path("api/v1/broken/", BrokenView.as_view()),
    path("broken/", broken),
    path("slow/", slow),
]
