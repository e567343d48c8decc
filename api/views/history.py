"""The products that a shopper viewed last."""

import time
from typing import ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api import actions, schema, selectors
from api.access.scopes import Scope
from api.views.base import ApiView, json_response, no_content
from api.views.parameters import id_header, limit_parameter, person_header


class LatestProductsView(ApiView):
    scopes: ClassVar = {"GET": Scope.HISTORY_READ, "DELETE": Scope.HISTORY_DELETE}

    @schema.latest_products
    def get(self, request: Request) -> HttpResponse:
        userid, limit = person_header(request), limit_parameter(request)
        products = selectors.latest_products(userid=userid, limit=limit, now=time.time())
        return json_response({"user-id": userid, "products": products, "type": "personalized"})

    @schema.delete_product
    def delete(self, request: Request) -> HttpResponse:
        userid, productid = person_header(request), id_header(request, "product-id")
        if not actions.delete_product(userid=userid, productid=productid, now=time.time()):
            raise NotFound(schema.not_in_the_history(productid, userid))
        return no_content()
