""".env.example lists every setting with its default, and nothing else."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from tests.settings import DevelopmentSettings
from vitrine import settings

EXAMPLE = (settings.PROJECT_FOLDER / ".env.example").read_text()
COMPOSE = (settings.PROJECT_FOLDER / "docker-compose.yml").read_text()
KINDS = [
    kind
    for kind in [*vars(settings).values(), DevelopmentSettings]
    if isinstance(kind, type) and issubclass(kind, BaseSettings) and kind.model_fields
]


def test_it_names_every_setting_and_none_else() -> None:
    wanted = {f"VITRINE_{name.upper()}" for kind in KINDS for name in kind.model_fields}
    # What Compose takes from .env: names in braces, and names without a value.
    wanted.update(re.findall(r"\$\{(VITRINE_\w+)", COMPOSE), re.findall(r"^ +(VITRINE_\w+):$", COMPOSE, re.MULTILINE))
    assert sorted(re.findall(r"^# (\w+)=", EXAMPLE, re.MULTILINE)) == sorted(wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_it_shows_the_defaults(kind: type[BaseSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in kind.model_fields:
        monkeypatch.delenv(f"VITRINE_{name.upper()}", raising=False)
    given = "\n".join(re.findall(r"^# (\w+=.+)$", EXAMPLE, re.MULTILINE))
    (tmp_path / "env").write_text(given)
    assert kind(_env_file=tmp_path / "env") == kind(_env_file=None)
