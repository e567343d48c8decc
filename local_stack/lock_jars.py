"""Writes jars.lock: the wanted versions of Kafka, Cassandra and the S3 server with all that they need (`lock-jars`)."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local_stack.jars import LOCK_FILE, Jar

# Each is resolved on its own, so that none changes the versions that another one needs.
WANTED = {
    "kafka": ("org.apache.kafka:kafka_2.13:4.3.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"),
    "cassandra": ("org.apache.cassandra:cassandra-all:5.0.9",),
    "s3proxy": ("org.gaul:s3proxy:4.1.0",),
}
# Natives of other systems, and tools that neither server starts with.
UNNEEDED = re.compile(r"osx|windows|riscv64|macos|kqueue|/scala-reflect/|/gridkit/|/jcommander/|jackson-dataformat-csv")
# Of the S3 server's 149 jars, those that it loads where it keeps objects in a folder; the others are for other clouds.
NEEDED = {
    "s3proxy": re.compile(
        r"/(s3proxy|args4j|guava|logback-c|slf4j-api|stax2-api|woodstox-core|jakarta\.servlet-api|jackson-annotations"
        r"|aws-core|checksums|checksums-spi|http-client-spi|s3|sdk-core|utils)-?[a-z]*/[^/]*/"
        r"|tools/jackson/(core|dataformat)/"
    )
}
HEADER = "# program, path in a Maven repository, SHA-256, bytes; made by `python -m local_stack lock-jars`\n"


def lock_jars() -> int:
    """Resolves, downloads and sums every jar; returns how many were locked."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [_line(jar) for program in WANTED for jar in _resolved(program, Path(folder))]
    LOCK_FILE.write_text(HEADER + "".join(lines))
    return len(lines)


def _resolved(program: str, folder: Path) -> Iterator[Jar]:
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=folder)
    seen: set[str] = set()
    for coordinate in WANTED[program]:
        wanted, needed = context.resolver.resolve([context.create_dependency(coordinate)])
        for dependency in [*wanted, *needed]:
            path = (dependency.artifact.component.path_prefix / dependency.artifact.filename).as_posix()
            name = path.split("/")[-3]
            if not _is_needed(program, path) or (name in seen and not dependency.classifier):
                continue
            seen.add(name)
            dependency.artifact.resolve()
            yield _summed(program, path, folder / path)


def _is_needed(program: str, path: str) -> bool:
    return not UNNEEDED.search(path) and (program not in NEEDED or NEEDED[program].search(path) is not None)


def _summed(program: str, path: str, file: Path) -> Jar:
    content = file.read_bytes()
    return Jar(program, path, hashlib.sha256(content).hexdigest(), len(content))


def _line(jar: Jar) -> str:
    return f"{jar.program} {jar.maven_path} {jar.sha256} {jar.size}\n"
