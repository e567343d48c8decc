"""A person's erasure, its receipt, and the export; by id, or of whoever asks."""

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api.access.scopes import Scope
from api.people import actions, documentation, selectors
from api.people.persons import Pair, pair_of, person_in_path, person_of
from api.views.base import ApiView, json_response

# Each reads or writes all that there is of somebody.
WEIGHT = 20


class PersonView(ApiView):
    scopes: ClassVar = {"DELETE": Scope.PEOPLE_ERASE}
    weight = WEIGHT

    @documentation.erase_person
    def delete(self, _request: Request, personid: str) -> HttpResponse:
        return _erased(person_in_path(personid))


class MergeView(PersonView):
    scopes: ClassVar = {**PersonView.scopes, "POST": Scope.VIEWS_WRITE}

    @property
    def allowed_methods(self) -> list[str]:
        """As it is documented: DELETE is of who has the word as an id."""
        return ["POST", "OPTIONS"]

    @documentation.merge
    def post(self, request: Request, personid: str) -> HttpResponse:  # noqa: ARG002 - of the path
        pair = pair_of(request)
        actions.merge(visitorid=pair.visitor_id, userid=pair.user_id, at=None, now=time.time())
        return _of_a_pair(pair, is_merged=True)

    @extend_schema(exclude=True)
    def delete(self, request: Request, personid: str) -> HttpResponse:
        answer: HttpResponse = super().delete(request, personid)
        return answer


class UnmergeView(MergeView):
    @documentation.unmerge
    def post(self, request: Request, personid: str) -> HttpResponse:  # noqa: ARG002 - of the path
        pair = pair_of(request)
        actions.unmerge(visitorid=pair.visitor_id, userid=pair.user_id, now=time.time())
        return _of_a_pair(pair, is_merged=False)


class ReceiptView(ApiView):
    scopes: ClassVar = {"GET": Scope.PEOPLE_ERASE}
    weight = WEIGHT

    @documentation.receipt
    def get(self, _request: Request, personid: str) -> HttpResponse:
        return _receipt(person_in_path(personid))


class ExportView(ApiView):
    scopes: ClassVar = {"GET": Scope.PEOPLE_ERASE}
    weight = WEIGHT

    @documentation.export_person
    def get(self, _request: Request, personid: str) -> StreamingHttpResponse:
        return _export(person_in_path(personid))


class MeView(ApiView):
    """Of whoever the user token names; a page's own key is enough beside it."""

    scopes: ClassVar = {"GET": Scope.HISTORY_READ, "DELETE": Scope.HISTORY_DELETE}
    weight = WEIGHT

    @documentation.who_am_i
    def get(self, request: Request) -> HttpResponse:
        return json_response({"person": person_of(request)})

    @documentation.erase_me
    def delete(self, request: Request) -> HttpResponse:
        return _erased(person_of(request))


class MyReceiptView(ApiView):
    scopes: ClassVar = {"GET": Scope.HISTORY_READ}
    weight = WEIGHT

    @documentation.my_receipt
    def get(self, request: Request) -> HttpResponse:
        return _receipt(person_of(request))


class MyExportView(ApiView):
    scopes: ClassVar = {"GET": Scope.HISTORY_READ}
    weight = WEIGHT

    @documentation.export_me
    def get(self, request: Request) -> StreamingHttpResponse:
        return _export(person_of(request))


def _of_a_pair(pair: Pair, *, is_merged: bool) -> HttpResponse:
    return json_response({**msgspec.to_builtins(pair), "merged": is_merged})


def _erased(person: str) -> HttpResponse:
    receipt = actions.erase(person=person, now=time.time())
    return json_response(receipt, status=HTTPStatus.ACCEPTED)


def _receipt(person: str) -> HttpResponse:
    found: dict[str, Any] | None = selectors.receipt(person=person)
    if found is None:
        raise NotFound(documentation.NEVER_ERASED)
    return json_response(found)


def _export(person: str) -> StreamingHttpResponse:
    content: Iterator[bytes] = selectors.export(person=person, now=time.time())
    return StreamingHttpResponse(
        content,
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="export.json"'},
    )
