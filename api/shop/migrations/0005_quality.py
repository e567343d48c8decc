from django.db import migrations

TABLES = """
    CREATE SCHEMA quality;
    CREATE TABLE quality.runs (
        run_id text PRIMARY KEY,
        started_at timestamptz NOT NULL,
        finished_at timestamptz NOT NULL,
        checks integer NOT NULL,
        failed integer NOT NULL,
        is_published boolean NOT NULL DEFAULT false
    );
    CREATE INDEX runs_by_time ON quality.runs (finished_at);
    CREATE TABLE quality.results (
        run_id text REFERENCES quality.runs ON DELETE CASCADE,
        check_name text,
        model text NOT NULL,
        column_name text,
        rule text NOT NULL,
        status text NOT NULL CHECK (status IN ('pass', 'warn', 'fail', 'error', 'skipped')),
        failed_rows bigint,
        message text NOT NULL,
        sample_keys jsonb NOT NULL,
        PRIMARY KEY (run_id, check_name)
    );
    CREATE TABLE quality.metrics (
        run_id text REFERENCES quality.runs ON DELETE CASCADE,
        metric text,
        source text,
        value numeric,
        PRIMARY KEY (run_id, metric, source)
    );
    CREATE TABLE quality.alerts (
        check_name text PRIMARY KEY,
        status text NOT NULL,
        since timestamptz NOT NULL,
        notified_at timestamptz
    );
"""


class Migration(migrations.Migration):
    """What the checks of the warehouse found, and who was told of it (vitrine.analytics.quality)."""

    dependencies = [("shop", "0004_without_the_earlier_runner")]

    operations = [migrations.RunSQL(TABLES, reverse_sql="DROP SCHEMA quality CASCADE")]
