"""Opens the shop in each process of the server, before its first request."""

from typing import NoReturn

from django.core.exceptions import MiddlewareNotUsed

from storefront import access


class StorefrontMiddleware:
    """It has nothing to do with requests, and takes no part in them."""

    def __init__(self, _get_response: object) -> NoReturn:
        access.ensure()
        raise MiddlewareNotUsed
