from django.db import migrations


class Migration(migrations.Migration):
    """Products in the order in which the shop to look at shows them: all, and those of a category."""

    dependencies = [("shop", "0005_quality")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX products_on_shelves ON products (in_stock DESC, name);"
            "CREATE INDEX products_on_shelves_of_category ON products (category_id, in_stock DESC, name);",
            "DROP INDEX products_on_shelves; DROP INDEX products_on_shelves_of_category;",
        )
    ]
