"""Debian's Chromium: as installed, else installed (root), else unpacked beside the project (anybody)."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from local_stack import debian
from vitrine.settings import PROJECT_FOLDER

PATIENCE_MS = 180_000
# What is expected to be seen may take as long as what is clicked on; Playwright's own limit is 5 s.
expect.set_options(timeout=PATIENCE_MS)

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


@contextmanager
def visitor(browser: Browser, **options: Any) -> Iterator[BrowserContext]:  # noqa: ANN401 - those of new_context()
    """Somebody with cookies of their own, as patient as a busy machine needs."""
    with browser.new_context(**options) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


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
