"""What the views share: the form of a request and of an answer."""

from http import HTTPStatus

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.response import Response
from rest_framework.views import APIView


class ApiView(APIView):
    """OPTIONS answers with the header Allow, which Django REST framework adds to every answer."""

    def options(self, request: HttpRequest, *args: object, **kwargs: object) -> Response:  # noqa: ARG002
        return no_content()


def no_content() -> Response:
    return Response(status=HTTPStatus.NO_CONTENT)


def json_response(body: object, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")
