"""The browser: found by ``scripts/find-chromium``, driven by Playwright."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FINDER = Path(__file__).parents[2] / "scripts" / "find-chromium"
_ARGUMENTS = (
    # No name leads anywhere: not for a page, and not for what the browser itself would report home.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Tells the name and the role that a screen reader is given (``keyboard``).
    "--enable-blink-features=ComputedAccessibilityInfo",
    "--font-render-hinting=none",
)


class NoChromiumError(Exception):
    """There is none; the message tells how to get it."""


@cache
def executable() -> str:
    """The path of the browser's program.

    Raises:
        NoChromiumError: there is none that runs.
    """
    found = subprocess.run([FINDER], capture_output=True, text=True, check=False)
    if found.returncode:
        raise NoChromiumError(found.stderr.strip())
    return found.stdout.strip()


@contextmanager
def running() -> Iterator[Browser]:
    """A headless browser without profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
