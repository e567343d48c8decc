"""All paths, and a view that returns a constant: the cost of Django REST framework alone."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from api.views.base import PublicView
from storefront.urls import urlpatterns as product_urlpatterns

_TEN_PRODUCTS = {
    "user-id": "user-78",
    "products": [f"product-{number}" for number in range(10)],
    "type": "personalized",
}


class ConstantView(PublicView):
    def get(self, _request: Request) -> Response:
        return Response(_TEN_PRODUCTS)


urlpatterns = [path("benchmarks/constant/", ConstantView.as_view()), *product_urlpatterns]
