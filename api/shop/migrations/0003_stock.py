from django.db import migrations, models

from api.shop.adopting import RunFile


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_prices_are_numbers")]

    operations = [
        RunFile(
            "0003_stock.sql",
            state_operations=[migrations.AddField("Product", "in_stock", models.BooleanField(default=True))],
        ),
    ]
