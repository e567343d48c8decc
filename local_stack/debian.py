"""Debian's packages, for what no wheel brings along: unpacked into a folder, which needs no root."""

import os
import shutil
import subprocess
from pathlib import Path

from vitrine.errors import StackError


def unpack(packages: tuple[str, ...], folder: Path) -> None:
    """Packages, and what they need that the machine has not; the folder appears only whole.

    Raises StackError where there is no apt-get, or it cannot reach a mirror.
    """
    downloads = folder.with_name(f"{folder.name}.part")
    (downloads / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    # apt-get's own state, in a folder of ours: what is known of packages, and that of the machine as it is installed.
    apt = ("apt-get", "-o", f"Dir::State::lists={downloads / 'lists'}", "-o", f"Dir::Cache={downloads}")
    run(*apt, "update")
    planned = run(*apt, "install", "--simulate", "--no-install-recommends", *packages)
    missing = {line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")}
    run(*apt, "download", *sorted(missing | set(packages)), folder=downloads)
    for package in downloads.glob("*.deb"):
        run("dpkg-deb", "-x", str(package), str(downloads / "root"))
    (downloads / "root").rename(folder)
    shutil.rmtree(downloads)


def run(*command: str, folder: Path | None = None) -> str:
    """What a command printed."""
    if not shutil.which(command[0]):
        raise StackError(f"this machine has no {command[0]}, so it is no Debian")
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"{' '.join(command)} says\n{done.stderr.strip()}")
    return done.stdout
