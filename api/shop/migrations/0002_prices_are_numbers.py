from django.db import migrations

from api.shop.adopting import RunFile


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_shop")]

    operations = [RunFile("0002_prices_are_numbers.sql")]
