"""The jars of Kafka, Cassandra and the S3 server: which ones (jars.lock), and fetching them from Maven's repository."""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from vitrine.errors import StackError
from vitrine.locks import alone_in

LOCK_FILE = Path(__file__).with_name("jars.lock")
CONNECTIONS = 8
ANSWER_WITHIN_SECONDS = 30
# A repository that is asked for a hundred files may drop a connection: each file is asked for again, later each time.
PAUSES_SECONDS = (0.5, 1, 2, 4)


@dataclass(frozen=True)
class Jar:
    """One locked jar: who needs it, where a Maven repository keeps it, and what it must be."""

    program: str
    maven_path: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        return self.maven_path.rpartition("/")[2]


def read_lock(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """The locked jars, in the order of the class paths."""
    lines = (line.split() for line in lock_file.read_text().splitlines() if not line.startswith("#"))
    return [Jar(program, path, sha256, int(size)) for program, path, sha256, size in lines]


def files(folder: Path, program: str) -> list[Path]:
    """Where the jars of one program are, in the order of its class path."""
    return [folder / jar.file_name for jar in read_lock() if jar.program == program]


def ensure(folder: Path, jars: Iterable[Jar], say: Callable[[str], None], repository: str = "") -> None:
    """Fetches the jars that the folder lacks; of several stacks that do so at once, one fetches and the others wait.

    A jar appears under its name only whole and with the locked SHA-256 sum. Raises StackError when the Maven
    repository is out of reach or gives something else.
    """
    jars = list(jars)
    if _missing(folder, jars):
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):
            if missing := _missing(folder, jars):
                say(f"Fetching {len(missing)} jars of {_programs(missing)} (once)")
                _fetch_all(folder, missing, repository or _default_repository())


def _programs(jars: list[Jar]) -> str:
    """Kafka and Cassandra."""
    return " and ".join(dict.fromkeys(jar.program.capitalize() for jar in jars))


def _missing(folder: Path, jars: list[Jar]) -> list[Jar]:
    return [jar for jar in jars if not _is_there(folder, jar)]


def _is_there(folder: Path, jar: Jar) -> bool:
    # The sum was checked before the file got its name; the size shows a file that was cut off since.
    path = folder / jar.file_name
    return path.is_file() and path.stat().st_size == jar.size


def _default_repository() -> str:
    """The Maven repository that jgo is set up to use on this machine; Maven Central unless told otherwise."""
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    configured: dict[str, str] = GlobalSettings.load().repositories
    return next(iter((configured or MavenContext().remote_repos).values()))


def _fetch_all(folder: Path, jars: list[Jar], repository: str) -> None:
    total = sum(jar.size for jar in jars)
    with (
        tqdm(total=total, unit="B", unit_scale=True, mininterval=0.5, file=sys.stdout) as progress,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):
        fetching = [pool.submit(_fetch_patiently, folder, jar, repository, progress.update) for jar in jars]
        try:
            for each in fetching:
                each.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch_patiently(folder: Path, jar: Jar, repository: str, progress: Callable[[int], object]) -> None:
    import requests

    pauses = iter(PAUSES_SECONDS)
    while True:
        try:
            return _fetch(folder, jar, repository, progress)
        except requests.HTTPError as error:
            raise StackError(
                f"the Maven repository does not give {jar.file_name}: {error.response.status_code}"
            ) from None
        except requests.RequestException as error:
            if (pause := next(pauses, None)) is None:
                raise StackError(
                    f"the jars of {jar.program} are missing and the Maven repository cannot be reached "
                    f"({type(error).__name__}): connect this machine to the network, then run this again"
                ) from None
            time.sleep(pause)


def _fetch(folder: Path, jar: Jar, repository: str, progress: Callable[[int], object]) -> None:
    from jgo.util import http

    digest = hashlib.sha256()
    descriptor, name = tempfile.mkstemp(dir=folder, suffix=".part")
    part = Path(name)
    try:
        answer = http.get(f"{repository}/{jar.maven_path}", stream=True, timeout=ANSWER_WITHIN_SECONDS)
        answer.raise_for_status()
        with os.fdopen(descriptor, "wb") as file:
            for block in answer.iter_content(1 << 16):
                digest.update(block)
                progress(file.write(block))
        if digest.hexdigest() != jar.sha256:
            raise StackError(f"{jar.file_name} from the Maven repository has another SHA-256 than jars.lock says")
        part.chmod(0o644)
        part.replace(folder / jar.file_name)
    finally:
        part.unlink(missing_ok=True)
