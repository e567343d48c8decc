"""Sends one event of each kind with Segment's or RudderStack's library for Python, all in one batch.

Usage: python python_client.py MODULE BASE_URL WRITE_KEY USER VISITOR
Prints one JSON line: {"errors": [what the library's on_error got]}.
"""

import json
import sys
from importlib import import_module

module, base_url, write_key, user, visitor = sys.argv[1:]
errors: list[dict[str, object]] = []


def on_error(error: Exception, batch: list[object]) -> None:
    errors.append({"type": type(error).__name__, "message": str(error), "events": len(batch)})


client = import_module(module).Client(write_key, host=base_url, on_error=on_error, max_retries=2)

client.track(user, "Product Viewed", {"product_id": "product-1"})
client.track(anonymous_id=visitor, event="Product Viewed", properties={"product_id": "product-2"})
client.track(user, "Product Added", {"product_id": "product-1", "quantity": 2, "price": 9.9})
client.track(
    user,
    "Order Completed",
    {
        "order_id": "order-1",
        "total": 29.8,
        "currency": "EUR",
        "products": [
            {"product_id": "product-1", "quantity": 2, "price": 9.9},
            {"product_id": "product-2", "quantity": 1, "price": 10},
        ],
    },
)
client.track(user, "Products Searched", {"query": "red shoes"})
client.page(user, name="Home", properties={"url": "https://shop.example/", "path": "/"})
client.identify(user, {"email": "test@shop.example"}, anonymous_id=visitor)
client.track(user, "Signed Up", {"plan": "free"})  # an event of which nothing is kept
client.track(user, "Product Viewed", {})  # an invalid one: no product_id

client.shutdown()
sys.stdout.write(json.dumps({"errors": errors}))
