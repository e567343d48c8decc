import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from vitrine.errors import SettingsError
from vitrine.settings import (
    PROJECT_FOLDER,
    ApiSettings,
    CassandraSettings,
    KafkaSettings,
    PipelineSettings,
    StackSettings,
    load,
)


@pytest.fixture(autouse=True)
def _settings_are_read_again() -> Iterator[None]:
    load.cache_clear()
    yield
    load.cache_clear()


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (KafkaSettings, "KAFKA_BOOTSTRAP_SERVERS", ""),
        (KafkaSettings, "VIEWS_TOPIC", "s3cret topic"),
        (KafkaSettings, "DEAD_LETTER_TOPIC", ""),
        (KafkaSettings, "VIEW_CONSUMER_GROUP", "s3cret/group"),
        (KafkaSettings, "VIEWS_TOPIC_PARTITIONS", "0"),
        (KafkaSettings, "VIEWS_TOPIC_PARTITIONS", "s3cret"),
        (KafkaSettings, "KAFKA_REPLICATION_FACTOR", "1.5"),
        (CassandraSettings, "CASSANDRA_CONTACT_POINTS", " , "),
        (CassandraSettings, "CASSANDRA_PORT", "65536"),
        (CassandraSettings, "CASSANDRA_PORT", "s3cret"),
        (CassandraSettings, "CASSANDRA_LOCAL_DATACENTER", ""),
        (CassandraSettings, "CASSANDRA_KEYSPACE", "s3cret; DROP KEYSPACE system"),
        (CassandraSettings, "CASSANDRA_KEYSPACE", "Views"),
        (CassandraSettings, "CASSANDRA_KEYSPACE", "views\n"),
        (CassandraSettings, "CASSANDRA_REPLICATION", "s3cret"),
        (CassandraSettings, "CASSANDRA_REPLICATION", "{'class': 'SimpleStrategy'}; s3cret"),
        (CassandraSettings, "CASSANDRA_CONSISTENCY", "s3cret"),
        (CassandraSettings, "VIEW_RETENTION_DAYS", "0"),
        (CassandraSettings, "VIEW_RETENTION_DAYS", "-1"),
        (CassandraSettings, "VIEW_RETENTION_DAYS", "3651"),
        (CassandraSettings, "VIEW_RETENTION_DAYS", "nan"),
        (CassandraSettings, "VIEW_RETENTION_DAYS", "inf"),
        (CassandraSettings, "VIEW_RETENTION_DAYS", "s3cret"),
        (PipelineSettings, "MAXIMUM_REMOVED_SHARE", "-0.1"),
        (PipelineSettings, "MAXIMUM_REMOVED_SHARE", "1.1"),
        (PipelineSettings, "MAXIMUM_REMOVED_SHARE", "nan"),
        (ApiSettings, "API_HOST", ""),
        (ApiSettings, "API_WORKERS", "65"),
        (ApiSettings, "TRUST_FORWARDED_PROTO", "s3cret"),
        (ApiSettings, "ALLOWED_HOSTS", "https://shop.example"),
        (ApiSettings, "CORS_ALLOWED_ORIGINS", "shop.example"),
        (StackSettings, "STACK_KAFKA_HEAP_MB", "127"),
        (StackSettings, "STACK_SAMPLE_VIEW_RATE", "-0.1"),
    ],
)
def test_a_bad_value_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, kind: type[KafkaSettings], name: str, value: str
) -> None:
    monkeypatch.setenv(f"VITRINE_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load(kind)
    assert str(caught.value).startswith(f"VITRINE_{name}: ")
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_bad_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_CASSANDRA_PORT", "x")
    monkeypatch.setenv("VITRINE_CASSANDRA_KEYSPACE", "X")
    with pytest.raises(SettingsError, match=r"VITRINE_CASSANDRA_PORT: .*; VITRINE_CASSANDRA_KEYSPACE: "):
        load(CassandraSettings)


@pytest.mark.parametrize("name", ["USERNAME", "PASSWORD"])
def test_a_user_without_a_password_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"VITRINE_CASSANDRA_{name}", "s3cret")
    with pytest.raises(SettingsError) as caught:
        load(CassandraSettings)
    assert str(caught.value) == "VITRINE_CASSANDRA_USERNAME and VITRINE_CASSANDRA_PASSWORD go together"


PASSWORD_ON_ITS_WAY = "would go to another machine unencrypted"


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (KafkaSettings, {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "needs VITRINE_KAFKA_USERNAME and VITRINE_KAFKA_PASS"),
        (
            KafkaSettings,
            {"KAFKA_USERNAME": "a", "KAFKA_PASSWORD": "s3cret"},
            "PROTOCOL=SASL_SSL, not PLAINTEXT",
        ),
        (KafkaSettings, {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_KEY_FILE": "pem"}, "_KEY_FILE go together"),
        (KafkaSettings, {"KAFKA_CA_FILE": "pem"}, "VITRINE_KAFKA_CA_FILE is set, but not TLS"),
        (
            KafkaSettings,
            {"KAFKA_CA_FILE": "missing"},
            "CA_FILE: the file cannot be read: No such file or directory",
        ),
        (
            KafkaSettings,
            {
                "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092, kafka.example:9092",
                "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "KAFKA_USERNAME": "a",
                "KAFKA_PASSWORD": "s3cret",
            },
            f"VITRINE_KAFKA_PASSWORD {PASSWORD_ON_ITS_WAY}",
        ),
        (CassandraSettings, {"CASSANDRA_CA_FILE": "pem"}, "set VITRINE_CASSANDRA_TLS=True"),
        (
            CassandraSettings,
            {"CASSANDRA_CONTACT_POINTS": "10.0.0.1", "CASSANDRA_USERNAME": "a", "CASSANDRA_PASSWORD": "s3cret"},
            f"VITRINE_CASSANDRA_PASSWORD {PASSWORD_ON_ITS_WAY}",
        ),
        (ApiSettings, {"POSTGRES_SSLMODE": "verify-full"}, "needs VITRINE_POSTGRES_CA_FILE"),
        (ApiSettings, {"POSTGRES_CERTIFICATE_FILE": "pem"}, "VITRINE_POSTGRES_CERTIFICATE_FILE and"),
        (
            ApiSettings,
            {"POSTGRES_HOST": "db.example", "POSTGRES_PASSWORD": "s3cret"},
            f"VITRINE_POSTGRES_PASSWORD {PASSWORD_ON_ITS_WAY}: set VITRINE_POSTGRES_SSLMODE=verify-full, or",
        ),
        (ApiSettings, {"VALKEY_URL": "redis://:s3cret@127.0.0.1"}, "belong in VITRINE_VALKEY_USERNAME"),
        (ApiSettings, {"VALKEY_URL": "redis://127.0.0.1", "VALKEY_CA_FILE": "pem"}, "begin with rediss://"),
        (
            ApiSettings,
            {"VALKEY_URL": "redis://cache.example", "VALKEY_PASSWORD": "s3cret"},
            f"VITRINE_VALKEY_PASSWORD {PASSWORD_ON_ITS_WAY}",
        ),
    ],
)
def test_what_would_not_be_safe_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: type[KafkaSettings], given: dict[str, str], said: str
) -> None:
    (tmp_path / "pem").touch()
    # Containers set it for their own network.
    monkeypatch.delenv("VITRINE_UNENCRYPTED_PASSWORDS", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"VITRINE_{name}", str(tmp_path / value) if name.endswith("_FILE") else value)
    with pytest.raises(SettingsError, match=re.escape(said)) as caught:
        load(kind)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("given", [{"UNENCRYPTED_PASSWORDS": "True"}, {"POSTGRES_SSLMODE": "require"}])
def test_a_password_may_go_where_it_is_safe(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    monkeypatch.delenv("VITRINE_UNENCRYPTED_PASSWORDS", raising=False)
    for name, value in {"POSTGRES_HOST": "db.example", "POSTGRES_PASSWORD": "s3cret", **given}.items():
        monkeypatch.setenv(f"VITRINE_{name}", value)
    assert load(ApiSettings).postgres_host == "db.example"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1", "/run/postgresql"])
def test_this_machine_needs_no_tls(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("VITRINE_POSTGRES_HOST", host)
    monkeypatch.setenv("VITRINE_POSTGRES_PASSWORD", "s3cret")
    assert load(ApiSettings).postgres_tls == {"sslmode": "prefer"}


def test_a_cart_is_not_kept_longer_than_the_views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_VIEW_RETENTION_DAYS", "2.5")
    assert load(CassandraSettings).cart_days == 2.5
    monkeypatch.setenv("VITRINE_CART_DAYS", "3")
    load.cache_clear()
    with pytest.raises(SettingsError, match="VITRINE_CART_DAYS must not be more than VITRINE_VIEW_RETENTION_DAYS"):
        load(CassandraSettings)


def test_dead_letters_may_not_go_where_views_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each dead letter would become another one, for ever."""
    monkeypatch.setenv("VITRINE_DEAD_LETTER_TOPIC", "views")
    monkeypatch.setenv("VITRINE_VIEWS_TOPIC", "views")
    with pytest.raises(SettingsError, match=r"VITRINE_VIEWS_TOPIC, .*VITRINE_DEAD_LETTER_TOPIC, .* must differ"):
        load(KafkaSettings)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("10.0.0.1", ("10.0.0.1",)), ("a, b ,c", ("a", "b", "c")), ("a,,b,", ("a", "b"))],
)
def test_a_list_is_separated_by_commas(
    monkeypatch: pytest.MonkeyPatch, written: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VITRINE_CASSANDRA_CONTACT_POINTS", written)
    assert load(CassandraSettings).cassandra_contact_points == expected


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_CASSANDRA_USERNAME", "vitrine")
    for name in ("CASSANDRA_PASSWORD", "POSTGRES_PASSWORD", "DJANGO_SECRET_KEY"):
        monkeypatch.setenv(f"VITRINE_{name}", "s3cret")
    for settings in (load(CassandraSettings), load(ApiSettings)):
        assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    password = load(CassandraSettings).cassandra_password
    assert password is not None
    assert password.get_secret_value() == "s3cret"


def test_what_is_not_set_is_read_from_the_folder_of_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VITRINE_SECRETS_FOLDER", str(tmp_path))
    monkeypatch.setenv("VITRINE_DJANGO_SECRET_KEY", "of the environment")
    monkeypatch.delenv("VITRINE_POSTGRES_PASSWORD", raising=False)
    for name in ("DJANGO_SECRET_KEY", "POSTGRES_PASSWORD"):
        (tmp_path / f"VITRINE_{name}").write_text("of the file")
    settings = load(ApiSettings)
    assert settings.django_secret_key is not None
    assert settings.django_secret_key.get_secret_value() == "of the environment"
    assert settings.postgres_password is not None
    assert settings.postgres_password.get_secret_value() == "of the file"


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(KafkaSettings)
    monkeypatch.setenv("VITRINE_VIEWS_TOPIC", "another")
    assert load(KafkaSettings) is before


def test_a_relative_folder_counts_from_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITRINE_STACK_DATA_FOLDER", "other")
    assert load(StackSettings).stack_data_folder == PROJECT_FOLDER / "other"
