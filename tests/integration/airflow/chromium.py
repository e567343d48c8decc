"""Debian's Chromium: as installed, else installed (root), else unpacked beside the project (anybody)."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from vitrine.settings import PROJECT_FOLDER

UNPACKED = PROJECT_FOLDER / ".chromium"
PACKAGES = ("chromium", "fonts-dejavu-core")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; fetched from Debian's packages the first time, where the machine has none."""
    program, environment = _program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=list(FLAGS), env={**os.environ, **environment}
        )
        try:
            yield browser
        finally:
            browser.close()


def _program() -> tuple[Path, dict[str, str]]:
    """The program, and the variables that it needs."""
    if not (shutil.which("chromium") or _unpacked().exists()):
        _install() if os.geteuid() == 0 else _unpack()
    if installed := shutil.which("chromium"):
        return Path(installed), {}
    libraries = {file.parent for file in UNPACKED.rglob("*.so*")}
    # Without a font it knows of, the browser shows no text at all.
    fonts = {"FONTCONFIG_SYSROOT": str(UNPACKED)} if (UNPACKED / "etc/fonts/fonts.conf").exists() else {}
    return _unpacked(), {
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, sorted(libraries))),
        "XDG_DATA_HOME": str(UNPACKED / "usr/share"),
        **fonts,
    }


def _unpacked() -> Path:
    return UNPACKED / "usr/lib/chromium/chromium"


def _install() -> None:
    _run("apt-get", "update")
    _run("apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES)


def _unpack() -> None:
    """Takes the packages apart into a folder, as none but root may install them."""
    downloads = PROJECT_FOLDER / ".chromium.part"
    (downloads / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    # apt-get's own state, in a folder of ours: what is known of packages, and that of the machine as it is installed.
    apt = ("apt-get", "-o", f"Dir::State::lists={downloads / 'lists'}", "-o", f"Dir::Cache={downloads}")
    _run(*apt, "update")
    planned = _run(*apt, "install", "--simulate", "--no-install-recommends", *PACKAGES)
    missing = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
    _run(*apt, "download", *missing, folder=downloads)
    for package in downloads.glob("*.deb"):
        _run("dpkg-deb", "-x", str(package), str(downloads / "root"))
    (downloads / "root").rename(UNPACKED)
    shutil.rmtree(downloads)


def _run(*command: str, folder: Path | None = None) -> str:
    if not shutil.which(command[0]):
        raise RuntimeError(f"there is no Chromium and no {command[0]} to fetch it with: install Chromium")
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"there is no Chromium, and it cannot be fetched: {' '.join(command)}\n{done.stderr}")
    return done.stdout
