from django.db import migrations


class Migration(migrations.Migration):
    """Whoever listens hears that products have changed when it is committed (vitrine/pipelines/following.py)."""

    dependencies = [("shop", "0006_shelves")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_notify('vitrine_products', '');
                RETURN NULL;
            END $$;
            CREATE TRIGGER products_changed AFTER INSERT OR UPDATE ON products
                FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
            """,
            "DROP TRIGGER products_changed ON products; DROP FUNCTION products_changed();",
        )
    ]
