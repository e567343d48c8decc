from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from api.rules import validators

# What the forms promise, for who writes by other ways; and who is told of a change.
_KEPT = """
ALTER TABLE rules
    ADD CONSTRAINT rules_kind CHECK (kind IN ('pin', 'boost', 'bury', 'hide', 'require')),
    ADD CONSTRAINT rules_products CHECK (cardinality(products) > 0 OR (category IS NOT NULL AND kind <> 'pin')),
    ADD CONSTRAINT rules_position CHECK ((kind = 'pin') = (position IS NOT NULL) AND position BETWEEN 1 AND 50),
    ADD CONSTRAINT rules_strength CHECK (
        (kind IN ('boost', 'bury')) = (strength IS NOT NULL) AND strength BETWEEN 1 AND 100
    ),
    ADD CONSTRAINT rules_span CHECK (starts_at < ends_at);
CREATE FUNCTION rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('vitrine_rules', '');
    RETURN NULL;
END $$;
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON rules FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
"""
_LOST = """
DROP TRIGGER rules_changed ON rules;
DROP FUNCTION rules_changed();
ALTER TABLE rules
    DROP CONSTRAINT rules_kind,
    DROP CONSTRAINT rules_products,
    DROP CONSTRAINT rules_position,
    DROP CONSTRAINT rules_strength,
    DROP CONSTRAINT rules_span;
"""


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, validators=validators.TEXT)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pin", "pin: at a place"),
                            ("boost", "boost: further up"),
                            ("bury", "bury: further down"),
                            ("hide", "hide: not at all"),
                            ("require", "require: nothing else"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "products",
                    ArrayField(
                        base_field=models.CharField(max_length=128, validators=validators.ID),
                        blank=True,
                        default=list,
                        size=200,
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=750, null=True, validators=validators.TEXT)),
                ("placement", models.CharField(blank=True, max_length=128, null=True, validators=validators.ID)),
                ("page_category", models.CharField(blank=True, max_length=750, null=True, validators=validators.TEXT)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("priority", models.IntegerField(default=0, validators=validators.PRIORITY)),
                (
                    "position",
                    models.PositiveSmallIntegerField(blank=True, null=True, validators=validators.POSITION),
                ),
                ("strength", models.FloatField(blank=True, null=True, validators=validators.STRENGTH)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={"db_table": "rules", "ordering": ("-priority", "id")},
        ),
        migrations.RunSQL(_KEPT, _LOST),
    ]
