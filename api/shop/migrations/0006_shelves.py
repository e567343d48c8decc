from django.db import migrations


class Migration(migrations.Migration):
    """Products in the order in which the shop to look at shows them: all, and those of a category.

    By the beginning of the name: an index holds no more than 2,700 bytes of a row, and a name may be longer.
    """

    dependencies = [("shop", "0005_quality")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX products_on_shelves ON products (in_stock DESC, left(name, 100));"
            "CREATE INDEX products_on_shelves_of_category ON products (category_id, in_stock DESC, left(name, 100));",
            "DROP INDEX products_on_shelves; DROP INDEX products_on_shelves_of_category;",
        )
    ]
