"""What the views share: the form of a request and of an answer."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.access import limiting
from api.access.scopes import Scope


class ApiView(APIView):
    """What is answered to whoever has a key with the scope that `scopes` names for the method, and to nobody else.

    OPTIONS answers with the header Allow, which Django REST framework adds to every answer.
    """

    scopes: ClassVar[Mapping[str, Scope]] = {}
    # What a request costs of the limits of its key and its address, without its body.
    weight: ClassVar[int] = 1

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Who, whether, and how much; whoever has no valid key is counted by address."""
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated):
            limiting.take_from_address(request._request, self.weight)
            raise

    def finalize_response(self, request: Request, response: Response, *args: object, **kwargs: object) -> Response:
        """The answer says what is left of the limits."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if (outcome := getattr(request._request, "limits", None)) is not None:
            for name, value in outcome.headers().items():
                final.headers[name] = value
        return final

    def options(self, request: HttpRequest, *args: object, **kwargs: object) -> Response:  # noqa: ARG002
        return no_content()


class PublicView(ApiView):
    """What is answered to everybody, whatever key they send."""

    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    permission_classes = ()
    throttle_classes = ()


def no_content() -> Response:
    return Response(status=HTTPStatus.NO_CONTENT)


def json_response(body: object, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")
