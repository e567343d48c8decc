"""docs/quality.md has the form in which the commands write it."""

import re

import pytest

from vitrine.recommending.evaluation.report import HEAD, PAGE
from vitrine.settings import PROJECT_FOLDER

DOCS = PROJECT_FOLDER / "docs"
SECTION = re.compile(
    r"<!-- (?P<title>[^>]+) -->\n## (?P=title)\n\n    (?P<command>[^\n]+)\n\n(?P<text>.*?)<!-- end", re.DOTALL
)
ESTIMATE = r"-?\d\.\d{4} ± \d\.\d{4}"
ROW = re.compile(rf"\| [^|]+ \|( {ESTIMATE} \|){{4}} (-|{ESTIMATE}) \| \d\.\d{{3}} \| \d+\.\d\d / \d+\.\d\d \|")


@pytest.fixture(scope="module")
def sections() -> dict[str, re.Match[str]]:
    return {found["title"]: found for found in SECTION.finditer((DOCS / "quality.md").read_text())}


def test_nothing_stands_there_but_what_the_commands_write(sections: dict[str, re.Match[str]]) -> None:
    written = (DOCS / "quality.md").read_text()
    assert written.startswith(PAGE)
    assert len(sections) == written.count("\n## ") == written.count("<!-- end of ") > 0


def test_tables_have_the_columns_that_the_evaluation_writes(sections: dict[str, re.Match[str]]) -> None:
    head = f"| {' | '.join(HEAD)} |"
    tables = [found["text"] for found in sections.values() if head in found["text"]]
    assert tables
    for text in tables:
        _, _, *rows = [line for line in text.splitlines() if line.startswith("|")]
        assert rows
        for row in rows:
            assert ROW.fullmatch(row), row


def test_each_picture_is_there_and_each_is_shown() -> None:
    shown = set(re.findall(r"\]\((images/[^)]+)\)", (DOCS / "quality.md").read_text()))
    there = {str(file.relative_to(DOCS)) for file in (DOCS / "images").glob("quality-*")}
    assert shown == there != set()
