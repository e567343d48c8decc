import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import api.experiments.models
from api.experiments import validators

# Who is told of a change, and what the forms promise for who writes by other ways.
_KEPT = """
ALTER TABLE experiments
    ADD CONSTRAINT experiments_state CHECK (state IN ('draft', 'running', 'stopped')),
    ADD CONSTRAINT experiments_started CHECK ((state = 'draft') = (started_at IS NULL)),
    ADD CONSTRAINT experiments_stopped CHECK ((state = 'stopped') = (stopped_at IS NOT NULL));
ALTER TABLE experiment_arms
    ADD CONSTRAINT experiment_arms_weight CHECK (weight BETWEEN 1 AND 1000),
    ADD CONSTRAINT experiment_arms_model CHECK (model IN ('trained', 'untrained', 'none'));
CREATE FUNCTION experiments_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('vitrine_experiments', '');
    RETURN NULL;
END $$;
CREATE TRIGGER experiments_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON experiments FOR EACH STATEMENT EXECUTE FUNCTION experiments_changed();
CREATE TRIGGER experiment_arms_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON experiment_arms FOR EACH STATEMENT EXECUTE FUNCTION experiments_changed();
"""
_LOST = """
DROP TRIGGER experiment_arms_changed ON experiment_arms;
DROP TRIGGER experiments_changed ON experiments;
DROP FUNCTION experiments_changed();
ALTER TABLE experiment_arms DROP CONSTRAINT experiment_arms_weight, DROP CONSTRAINT experiment_arms_model;
ALTER TABLE experiments
    DROP CONSTRAINT experiments_state,
    DROP CONSTRAINT experiments_started,
    DROP CONSTRAINT experiments_stopped;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Experiment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=128,
                        unique=True,
                        validators=validators.ID,
                    ),
                ),
                (
                    "list",
                    models.CharField(
                        blank=True,
                        choices=[("for-you", "For You"), ("similar", "Similar"), ("trending", "Trending")],
                        max_length=8,
                        null=True,
                    ),
                ),
                (
                    "placement",
                    models.CharField(
                        blank=True,
                        max_length=128,
                        null=True,
                        validators=validators.ID,
                    ),
                ),
                (
                    "primary_metric",
                    models.CharField(
                        choices=[
                            ("conversion", "conversion: who orders"),
                            ("revenue", "revenue of a person"),
                            ("clicks", "clicks: who clicks on a recommendation"),
                        ],
                        default="conversion",
                        max_length=10,
                    ),
                ),
                (
                    "planned_people",
                    models.PositiveIntegerField(validators=validators.PLANNED),
                ),
                ("stops_by_itself", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped")],
                        default="draft",
                        editable=False,
                        max_length=7,
                    ),
                ),
                ("salt", models.CharField(default=api.experiments.models._salt, editable=False, max_length=32)),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("stopped_at", models.DateTimeField(editable=False, null=True)),
                ("stopped_because", models.CharField(default="", editable=False, max_length=200)),
                ("told", models.CharField(default="", editable=False, max_length=20)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "experiments",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Arm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(editable=False)),
                (
                    "name",
                    models.CharField(
                        max_length=128,
                        validators=validators.ID,
                    ),
                ),
                (
                    "weight",
                    models.PositiveIntegerField(
                        default=1,
                        validators=validators.WEIGHT,
                    ),
                ),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), blank=True, default=list, size=None
                    ),
                ),
                (
                    "rules",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, null=True, size=None
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("trained", "trained: the shop's own forest, where it has one"),
                            ("untrained", "untrained: the formula that every shop starts with"),
                            ("none", "none: best sellers and the newest"),
                        ],
                        default="trained",
                        max_length=9,
                    ),
                ),
                ("shows_nothing", models.BooleanField(default=False)),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="arms", to="experiments.experiment"
                    ),
                ),
            ],
            options={
                "db_table": "experiment_arms",
                "ordering": ("position",),
                "constraints": [
                    models.UniqueConstraint(fields=("experiment", "name"), name="experiment_arms_name"),
                    models.UniqueConstraint(fields=("experiment", "position"), name="experiment_arms_position"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateField()),
                ("arm", models.CharField(max_length=128)),
                ("metric", models.CharField(max_length=10)),
                ("is_primary", models.BooleanField()),
                ("people", models.BigIntegerField()),
                ("counted", models.BigIntegerField()),
                ("left_out", models.BigIntegerField()),
                ("mean", models.FloatField()),
                ("difference", models.FloatField(null=True)),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("verdict", models.CharField(max_length=20)),
                ("outcome", models.CharField(max_length=20)),
                ("skew", models.FloatField()),
                ("power", models.CharField(max_length=300)),
                ("computed_at", models.DateTimeField()),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="results", to="experiments.experiment"
                    ),
                ),
            ],
            options={
                "db_table": "experiment_results",
                "ordering": ("as_of", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("experiment", "as_of", "arm", "metric"), name="experiment_results_row"
                    )
                ],
            },
        ),
        migrations.RunSQL(_KEPT, _LOST),
    ]
