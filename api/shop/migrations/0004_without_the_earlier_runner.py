from django.db import migrations


class Migration(migrations.Migration):
    """The last: what the earlier runner had applied is known by now."""

    dependencies = [("shop", "0003_stock")]

    operations = [migrations.RunSQL("DROP TABLE IF EXISTS schema_migrations")]
