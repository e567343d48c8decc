import re

from vitrine.storage.driver.migrations import Migration, migrations


def test_statements_are_split_and_comments_left_out() -> None:
    text = """
-- First; with a semicolon.
CREATE TABLE a (b INT); -- and after
CREATE TABLE c (
    -- inside
    d INT
);

"""
    first, second = Migration("0001_x.cql", text).statements
    assert first == "CREATE TABLE a (b INT)"
    assert re.sub(r"\s+", " ", second) == "CREATE TABLE c ( d INT )"


def test_a_file_of_comments_has_no_statements() -> None:
    assert Migration("0001_x.cql", "-- nothing;\n\n;").statements == []


def test_every_change_of_a_file_shows() -> None:
    assert Migration("0001_x.cql", "a").sha256 == Migration("0002_y.cql", "a").sha256
    assert Migration("0001_x.cql", "a").sha256 != Migration("0001_x.cql", "a ").sha256


def test_files_are_numbered_without_a_gap_and_can_be_applied_again() -> None:
    found = migrations()
    assert [int(migration.name[:4]) for migration in found] == list(range(1, len(found) + 1))
    for migration in found:
        assert re.fullmatch(r"\d{4}_[a-z_]+\.cql", migration.name)
        assert migration.statements
        # Setting a table's options again changes nothing.
        again = (" IF NOT EXISTS " in each or re.match(r"ALTER TABLE \w+ WITH ", each) for each in migration.statements)
        assert all(again)
