"""Views of the data API: they read the request, call one selector, and answer with the publish as ETag."""

from http import HTTPStatus
from typing import ClassVar

from django.http import HttpResponse
from django.utils.http import parse_etags, quote_etag
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api.access.scopes import Scope
from api.analytics import documentation, selectors
from api.analytics.parameters import choice_parameter, page_parameters, refuse_others
from api.analytics.resources import CUSTOMERS, HOUSEHOLDS, SALES, Resource
from api.analytics.selectors import Answer
from api.views.base import ApiView
from api.views.parameters import id_in_path


class AnalyticsView(ApiView):
    scopes: ClassVar = {"GET": Scope.ANALYTICS_READ}
    weight = 5


class HouseholdView(AnalyticsView):
    @documentation.household
    def get(self, request: Request, householdid: str) -> HttpResponse:
        return _profile(request, HOUSEHOLDS, householdid)


class CustomerView(AnalyticsView):
    @documentation.customer
    def get(self, request: Request, userid: str) -> HttpResponse:
        return _profile(request, CUSTOMERS, userid)


class SalesView(AnalyticsView):
    @documentation.sales
    def get(self, request: Request) -> HttpResponse:
        resource = SALES[choice_parameter(request, "by", list(SALES))]
        return _page(request, resource, beside=("by",))


class ListView(AnalyticsView):
    """Rows of one resource, in pages."""

    resource: Resource

    def get(self, request: Request) -> HttpResponse:
        return _page(request, self.resource)


def list_view(resource: Resource) -> type[ListView]:
    return documentation.rows_of(resource)(type("ListView", (ListView,), {"resource": resource}))


def _page(request: Request, resource: Resource, *, beside: tuple[str, ...] = ()) -> HttpResponse:
    page = page_parameters(request, resource, beside=beside)
    # Asked only of a client that says that it has an answer.
    if (seen := _seen(request)) and (etag := quote_etag(selectors.publish_id(resource))) in seen:
        return _not_modified(etag)
    return _answer(selectors.page(resource=resource, page=page))


def _profile(request: Request, resource: Resource, owner: str) -> HttpResponse:
    refuse_others(request, ())
    answer = selectors.profile(resource=resource, owner=id_in_path(owner, "id"))
    if answer is None:
        raise NotFound(documentation.unknown(owner))
    if (etag := quote_etag(answer.publish_id)) in _seen(request):
        return _not_modified(etag)
    return _answer(answer)


def _seen(request: Request) -> list[str]:
    return list(parse_etags(request.META.get("HTTP_IF_NONE_MATCH", "")))


def _not_modified(etag: str) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})


def _answer(answer: Answer) -> HttpResponse:
    headers = {"ETag": quote_etag(answer.publish_id)}
    return HttpResponse(answer.content, content_type="application/json", headers=headers)
