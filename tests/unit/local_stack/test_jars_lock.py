"""jars.lock: what it holds."""

import re
from collections import Counter

from local_stack.jars import Jar, read_lock

JARS = read_lock()


def test_every_jar_has_a_path_a_sum_and_a_size() -> None:
    for jar in JARS:
        assert re.fullmatch(r"[a-z0-9_/.+-]+\.jar", jar.maven_path, re.IGNORECASE)
        assert re.fullmatch(r"[0-9a-f]{64}", jar.sha256)
        assert jar.size > 0


def test_a_file_name_stands_for_one_jar() -> None:
    sums_of_name: dict[str, set[str]] = {}
    for jar in JARS:
        sums_of_name.setdefault(jar.file_name, set()).add(jar.sha256)
    assert [name for name, sums in sums_of_name.items() if len(sums) > 1] == []


def test_no_program_has_two_versions_of_a_jar() -> None:
    def artifact(jar: Jar) -> tuple[str, str, str]:
        *_, name, version, file_name = jar.maven_path.split("/")
        return jar.program, name, file_name.removeprefix(f"{name}-{version}")

    assert [twice for twice, times in Counter(map(artifact, JARS)).items() if times > 1] == []


def test_all_servers_are_there() -> None:
    assert {"kafka", "cassandra", "s3proxy"} == {jar.program for jar in JARS}
