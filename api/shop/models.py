"""Products and orders. Domains, checks and triggers stand in schema/: the database keeps what the forms promise."""

from django.db import models
from django.utils import timezone

from api.shop import validators


class Product(models.Model):
    product_id = models.CharField(max_length=128, validators=validators.ID, primary_key=True)
    category_id = models.CharField(max_length=128, validators=validators.ID)
    name = models.CharField()
    price = models.DecimalField(max_digits=12, decimal_places=2, validators=validators.PRICE)
    created_at = models.DateTimeField(default=timezone.now, validators=validators.TIME)
    in_stock = models.BooleanField(default=True)

    class Meta:
        db_table = "products"
        ordering = ("product_id",)

    def __str__(self) -> str:
        return f"{self.name} ({self.product_id})"


class Order(models.Model):
    order_id = models.CharField(max_length=128, validators=validators.ID, primary_key=True)
    user_id = models.CharField(max_length=128, validators=validators.ID)
    ordered_at = models.DateTimeField(default=timezone.now, validators=validators.TIME)

    class Meta:
        db_table = "orders"
        ordering = ("-ordered_at", "order_id")

    def __str__(self) -> str:
        return self.order_id


class OrderItem(models.Model):
    pk = models.CompositePrimaryKey("order_id", "product_id")
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.PROTECT, related_name="items")
    quantity = models.IntegerField(validators=validators.QUANTITY)

    class Meta:
        db_table = "order_items"

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id} in {self.order_id}"
