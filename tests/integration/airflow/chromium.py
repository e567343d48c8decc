"""Debian's Chromium: as installed, else installed (root), else unpacked beside the project (anybody)."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from local_stack import debian
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
        _install() if os.geteuid() == 0 else debian.unpack(PACKAGES, UNPACKED)
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
    debian.run("apt-get", "update")
    debian.run("apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES)
