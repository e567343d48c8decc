import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.RunSQL("CREATE SCHEMA IF NOT EXISTS market", "DROP SCHEMA market"),
        migrations.CreateModel(
            name="Business",
            fields=[
                ("business_id", models.TextField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("city", models.TextField(null=True)),
                ("zip_code", models.TextField(null=True)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("price", models.TextField(null=True)),
                ("phone", models.TextField(null=True)),
                ("is_closed", models.BooleanField()),
                ("last_seen_on", models.DateField()),
            ],
            options={
                "verbose_name_plural": "businesses",
                "db_table": '"market"."businesses"',
                "ordering": ("name", "business_id"),
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("category_id", models.TextField(primary_key=True, serialize=False)),
                ("title", models.TextField()),
            ],
            options={
                "verbose_name_plural": "categories",
                "db_table": '"market"."categories"',
                "ordering": ("title",),
            },
        ),
        migrations.CreateModel(
            name="Landing",
            fields=[
                ("landing_id", models.TextField(primary_key=True, serialize=False)),
                ("source", models.TextField()),
                ("part", models.TextField()),
                ("day", models.DateField()),
                ("landed_at", models.DateTimeField()),
            ],
            options={
                "db_table": '"market"."landings"',
                "ordering": ("-landed_at", "landing_id"),
            },
        ),
        migrations.CreateModel(
            name="RejectedRow",
            fields=[
                ("rejected_id", models.TextField(primary_key=True, serialize=False)),
                ("source", models.TextField()),
                ("day", models.DateField()),
                ("reason", models.TextField()),
                ("row", models.TextField()),
            ],
            options={
                "db_table": '"market"."rejected_rows"',
                "ordering": ("-day", "source", "rejected_id"),
            },
        ),
        migrations.CreateModel(
            name="State",
            fields=[
                ("state_id", models.TextField(help_text="Two letters, such as CA", primary_key=True, serialize=False)),
                ("fips", models.TextField(unique=True)),
                ("name", models.TextField(unique=True)),
                ("region", models.TextField()),
                ("division", models.TextField(null=True)),
                ("capital", models.TextField(null=True)),
            ],
            options={
                "db_table": '"market"."states"',
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="BusinessCategory",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business_id", "category_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("business", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="market.business")),
                ("category", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="market.category")),
            ],
            options={
                "db_table": '"market"."business_categories"',
            },
        ),
        migrations.AddField(
            model_name="business",
            name="categories",
            field=models.ManyToManyField(
                related_name="businesses", through="market.BusinessCategory", to="market.category"
            ),
        ),
        migrations.CreateModel(
            name="County",
            fields=[
                (
                    "county_id",
                    models.TextField(
                        help_text="Five digits: the state's FIPS code and the county's",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.TextField()),
                (
                    "state",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="counties", to="market.state"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "counties",
                "db_table": '"market"."counties"',
                "ordering": ("county_id",),
            },
        ),
        migrations.AddField(
            model_name="business",
            name="state",
            field=models.ForeignKey(
                help_text="None where it is none that is known",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="businesses",
                to="market.state",
            ),
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("rating", models.DecimalField(decimal_places=2, max_digits=3)),
                ("reviews", models.IntegerField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ratings", to="market.business"
                    ),
                ),
            ],
            options={
                "db_table": '"market"."ratings"',
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rating__gte", 0), ("rating__lte", 5)), name="ratings_are_0_to_5"
                    ),
                    models.CheckConstraint(condition=models.Q(("reviews__gte", 0)), name="reviews_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Population",
            fields=[
                (
                    "population_id",
                    models.TextField(
                        help_text="The FIPS code of the area, and the year", primary_key=True, serialize=False
                    ),
                ),
                ("year", models.IntegerField()),
                ("population", models.BigIntegerField()),
                (
                    "county",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="populations",
                        to="market.county",
                    ),
                ),
                (
                    "state",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="populations", to="market.state"
                    ),
                ),
            ],
            options={
                "db_table": '"market"."populations"',
                "ordering": ("population_id",),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("population__gte", 0)), name="populations_not_negative")
                ],
            },
        ),
    ]
