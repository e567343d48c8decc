"""What the OpenAPI document says of the catalogue."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from api.limits import PRODUCTS_MAXIMUM
from api.schema import BODY_PROBLEMS, CASSANDRA_AWAY, ID, PRODUCT_IN_PATH, problem_response
from vitrine.events import ID_RULE
from vitrine.products import ATTRIBUTES_MAXIMUM

_TIME: dict[str, Any] = {"type": ["string", "null"], "format": "date-time", "description": "With its offset from UTC."}
_ADDRESS: dict[str, Any] = {"type": ["string", "null"], "format": "uri", "maxLength": 2000}
_FIELDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "productid": ID,
        "title": {"type": ["string", "null"], "minLength": 1, "maxLength": 500},
        "price": {
            "type": ["string", "number", "null"],
            "description": "A decimal number, 0 or more, with at most 12 digits before the point and 4 after it; as"
            " text it keeps its digits.",
        },
        "currency": {"type": ["string", "null"], "pattern": "^[A-Z]{3}$", "description": "As in ISO 4217."},
        "in_stock": {"type": ["boolean", "null"], "description": "False: sold out. Nothing said: it can be had."},
        "category": {
            "type": ["array", "null"],
            "items": {"type": "string", "minLength": 1, "maxLength": 100},
            "minItems": 1,
            "maxItems": 10,
            "description": "From the general to the special; filters name the path as `Home > Lamps`.",
        },
        "image": _ADDRESS,
        "url": _ADDRESS,
        "brand": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
        "attributes": {
            "type": ["object", "null"],
            "maxProperties": ATTRIBUTES_MAXIMUM,
            "additionalProperties": {
                "oneOf": [
                    {"type": ["string", "boolean", "number"]},
                    {"type": "array", "items": {"type": "string"}},
                ]
            },
        },
        "available_from": {**_TIME, "description": "It is not shown before."},
        "available_to": {**_TIME, "description": "It is not shown from then on."},
        "created_at": {
            **_TIME,
            "description": "By it the newest come first. If not said: the first PUT.",
        },
    },
    "additionalProperties": False,
}
_PRODUCT: dict[str, Any] = {**_FIELDS, "required": ["productid"]}
_A_PRODUCT = {
    "productid": "product-173",
    "title": "A lamp",
    "price": "49.90",
    "currency": "EUR",
    "in_stock": True,
    "category": ["Home", "Lamps"],
    "image": "https://www.shop.example/images/product-173.jpg",
    "url": "https://www.shop.example/products/product-173",
    "brand": "Lumen",
    "attributes": {"colour": "brass"},
}
_FIELDS_EXAMPLE = {name: value for name, value in _A_PRODUCT.items() if name != "productid"}
_ACCEPTED: dict[str, Any] = {
    "type": "object",
    "properties": {"accepted": {"type": "integer", "minimum": 1, "maximum": PRODUCTS_MAXIMUM}},
    "required": ["accepted"],
}
_AT_ONCE = (
    " Each process of the API shows it within a second. The shop's Postgres stays a source of products:"
    " `VITRINE_CATALOGUE_WINNER` says whose word counts where both have one."
)


def no_such_product(productid: str) -> str:
    return f"There is no product {productid}."


def some_refused(refused: int, of: int) -> str:
    return f"{refused} of {of} products were refused; the others were taken."


_NONE = problem_response(404, "There is no such product.", no_such_product("product-173"))
_SHOWN = OpenApiResponse(
    _PRODUCT,
    description="The product as it counts; what nobody said is left out.",
    examples=[OpenApiExample("Answer", value=_A_PRODUCT, response_only=True)],
)


def _of_one(
    operation: str, summary: str, description: str, *, responses: dict[Any, Any], body: bool = False
) -> Callable[..., Any]:
    malformed = (
        problem_response(400, "Malformed.", "The product cannot be taken: price must be 0 or more, not -1")
        if body
        else problem_response(400, "The id is malformed.", f"The product id in the path must be {ID_RULE}")
    )
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=["catalogue"],
        parameters=[PRODUCT_IN_PATH],
        request={"application/json": _FIELDS} if body else None,
        examples=[OpenApiExample("A lamp", value=_FIELDS_EXAMPLE, request_only=True)] if body else [],
        responses={**responses, **malformed, **(BODY_PROBLEMS if body else {}), **CASSANDRA_AWAY},
    )


def _of_many(
    operation: str, summary: str, description: str, *, item: dict[str, Any], example: list[Any]
) -> Callable[..., Any]:
    refused = {"index": 1, "productid": "product 9", "reason": f"productid must be {ID_RULE}"}
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description + " Each is judged for itself: those that are refused keep no other from being taken.",
        tags=["catalogue"],
        request={
            "application/json": {"type": "array", "items": item, "minItems": 1, "maxItems": PRODUCTS_MAXIMUM},
        },
        examples=[OpenApiExample("Two products", value=example, request_only=True)],
        responses={
            200: OpenApiResponse(
                _ACCEPTED,
                description="All were taken.",
                examples=[OpenApiExample("Two products", value={"accepted": 2}, response_only=True)],
            ),
            **problem_response(
                400,
                "No list, an empty or too long one, or products were refused. What `errors` does not name was taken.",
                some_refused(1, 2),
                accepted=1,
                errors=[refused],
            ),
            **BODY_PROBLEMS,
            **CASSANDRA_AWAY,
        },
    )


get_product = _of_one(
    "get_product",
    "A product of the catalogue",
    "What API, feeds and the shop's Postgres say of it, together.",
    responses={200: _SHOWN, **_NONE},
)
put_product = _of_one(
    "put_product",
    "Put a product into the catalogue",
    "All that is said of it: a field that is left out is empty, `created_at` alone stays as it was." + _AT_ONCE,
    responses={200: _SHOWN},
    body=True,
)
patch_product = _of_one(
    "patch_product",
    "Change a product of the catalogue",
    "The fields that are named are so now, null empties one, the others stay; also of a product that the shop's"
    " Postgres names, such as its stock." + _AT_ONCE,
    responses={200: _SHOWN, **_NONE},
    body=True,
)
delete_product = _of_one(
    "remove_product",
    "Take a product out of the catalogue",
    "It is shown no more." + _AT_ONCE,
    responses={204: OpenApiResponse(description="Gone."), **_NONE},
)
put_products = _of_many(
    "put_products",
    "Put products into the catalogue",
    "As of one product." + _AT_ONCE,
    item=_PRODUCT,
    example=[_A_PRODUCT, {"productid": "product-174", "title": "A shade"}],
)
patch_products = _of_many(
    "patch_products",
    "Change products of the catalogue",
    "As of one product: stock and prices of a thousand products, say." + _AT_ONCE,
    item=_PRODUCT,
    example=[{"productid": "product-173", "in_stock": False}, {"productid": "product-174", "price": "9.90"}],
)
delete_products = _of_many(
    "remove_products",
    "Take products out of the catalogue",
    "By their ids." + _AT_ONCE,
    item=ID,
    example=["product-173", "product-174"],
)
