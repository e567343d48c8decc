from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT
from django.utils import timezone

from api.shop import validators
from api.shop.adopting import RunFile


class Migration(migrations.Migration):
    initial = True

    operations = [
        RunFile(
            "0001_shop.sql",
            state_operations=[
                migrations.CreateModel(
                    "Product",
                    [
                        (
                            "product_id",
                            models.CharField(
                                max_length=128, validators=validators.ID, primary_key=True, serialize=False
                            ),
                        ),
                        ("category_id", models.CharField(max_length=128, validators=validators.ID)),
                        ("name", models.CharField()),
                        ("price", models.DecimalField(max_digits=12, decimal_places=2, validators=validators.PRICE)),
                        ("created_at", models.DateTimeField(default=timezone.now, validators=validators.TIME)),
                    ],
                    options={"db_table": "products", "ordering": ("product_id",)},
                ),
                migrations.CreateModel(
                    "Order",
                    [
                        (
                            "order_id",
                            models.CharField(
                                max_length=128, validators=validators.ID, primary_key=True, serialize=False
                            ),
                        ),
                        ("user_id", models.CharField(max_length=128, validators=validators.ID)),
                        ("ordered_at", models.DateTimeField(default=timezone.now, validators=validators.TIME)),
                    ],
                    options={"db_table": "orders", "ordering": ("-ordered_at", "order_id")},
                ),
                migrations.CreateModel(
                    "OrderItem",
                    [
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "order_id", "product_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("order", models.ForeignKey("shop.order", CASCADE, related_name="items")),
                        ("product", models.ForeignKey("shop.product", PROTECT, related_name="items")),
                        ("quantity", models.IntegerField(validators=validators.QUANTITY)),
                    ],
                    options={"db_table": "order_items"},
                ),
            ],
        ),
    ]
