"""The product's views, views that refuse or fail, and one that takes its time."""

import time
from typing import ClassVar, NoReturn

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import APIException, NotAuthenticated, Throttled
from rest_framework.request import Request

from api.urls import urlpatterns as product_urlpatterns
from api.views.base import PublicView


class BrokenView(PublicView):
    def get(self, _request: Request) -> NoReturn:
        raise RuntimeError("a secret")


class StrangersView(PublicView):
    authentication_classes = (BasicAuthentication,)

    def get(self, _request: Request) -> NoReturn:
        raise NotAuthenticated


class BusyView(PublicView):
    def get(self, _request: Request) -> NoReturn:
        raise Throttled(wait=16.2)


class MovedError(APIException):
    status_code = 410
    headers: ClassVar = {"Link": "</api/v2/>; rel=successor-version"}


class MovedView(PublicView):
    def get(self, _request: Request) -> NoReturn:
        raise MovedError


def broken(_request: HttpRequest) -> NoReturn:
    raise RuntimeError("a secret")


def slow(_request: HttpRequest) -> HttpResponse:
    time.sleep(1.5)
    return HttpResponse("done")


urlpatterns = [
    *product_urlpatterns,
    path("api/v1/broken/", BrokenView.as_view()),
    path("api/v1/strangers/", StrangersView.as_view()),
    path("api/v1/busy/", BusyView.as_view()),
    path("api/v1/moved/", MovedView.as_view()),
    path("broken/", broken),
    path("slow/", slow),
]
