from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from api.access import validators

# Without last_used_at, which each process writes every few seconds.
_NOTIFY = """
CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM pg_notify('vitrine_access', COALESCE(to_jsonb(changed) ->> 'id', 'people'));
    RETURN NULL;
END $$;
CREATE TRIGGER access_changed AFTER INSERT OR DELETE
    OR UPDATE OF digest, kind, scopes, origins, requests_per_minute, expires_at, revoked_at
    ON access_keys FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE TRIGGER access_changed AFTER INSERT OR DELETE OR UPDATE
    ON access_signers FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE TRIGGER access_changed AFTER INSERT OR DELETE OR UPDATE
    ON access_revocations FOR EACH ROW EXECUTE FUNCTION access_changed();
"""
_SILENT = """
DROP TRIGGER access_changed ON access_keys;
DROP TRIGGER access_changed ON access_signers;
DROP TRIGGER access_changed ON access_revocations;
DROP FUNCTION access_changed();
"""


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, validators=validators.NAME)),
                (
                    "kind",
                    models.CharField(
                        choices=[("pub", "browser (vt_pub_…)"), ("sec", "server (vt_sec_…)")], max_length=3
                    ),
                ),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("ending", models.CharField(editable=False, max_length=4)),
                ("scopes", ArrayField(base_field=models.CharField(max_length=32), size=None)),
                (
                    "origins",
                    ArrayField(
                        base_field=models.CharField(max_length=300, validators=validators.ORIGIN),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "requests_per_minute",
                    models.PositiveIntegerField(blank=True, null=True, validators=validators.REQUESTS_PER_MINUTE),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "db_table": "access_keys",
                "ordering": ("name", "-created_at"),
            },
        ),
        migrations.CreateModel(
            name="Revocation",
            fields=[
                (
                    "person",
                    models.CharField(max_length=128, primary_key=True, serialize=False, validators=validators.PERSON),
                ),
                ("revoked_at", models.DateTimeField()),
            ],
            options={
                "db_table": "access_revocations",
                "ordering": ("-revoked_at",),
            },
        ),
        migrations.CreateModel(
            name="Signer",
            fields=[
                (
                    "kid",
                    models.CharField(
                        max_length=100,
                        primary_key=True,
                        serialize=False,
                        validators=validators.KID,
                        verbose_name="name (kid)",
                    ),
                ),
                ("public_key", models.TextField(validators=validators.PUBLIC_KEY, verbose_name="public key (PEM)")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "access_signers",
                "ordering": ("kid",),
            },
        ),
        migrations.RunSQL(_NOTIFY, _SILENT),
    ]
