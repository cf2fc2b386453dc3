"""A browser for all tests of a process, the service it looks at, and pages that fail on what they report."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Error, Locator, Page

from tests.app.service import AS_OF
from tests.browser import chromium, serving
from tests.browser.layout import DESK, PHONE, WALL
from tests.browser.watch import Watch
from tests.lacking import lacking

PICTURES = Path(__file__).parents[2] / "docs" / "images"
NOON = datetime.datetime.combine(AS_OF, datetime.time(12), datetime.UTC)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip in one place, so that it is told in one line."""
    if "browser" in getattr(item, "fixturenames", ()):
        try:
            chromium.executable()
        except chromium.NoChromiumError as error:
            lacking(str(error))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium.running() as browser:
        yield browser


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    """The service with the demonstration patients, open to anybody, on the day ``AS_OF``."""
    with serving.serving() as address:
        yield address


@pytest.fixture
def watch(address: str) -> Watch:
    """What the pages of this test complain of. A test whose application is another sets ``watch.address``."""
    return Watch(address)


class Browse(Protocol):
    """Opens a blank page in a browser of its own: without cookies, in a window of this size in CSS pixels."""

    def __call__(
        self,
        size: tuple[int, int] = DESK,
        *,
        dark: bool = False,
        javascript: bool = True,
        language: str = "en-GB",
        sharpness: float = 1,
    ) -> Page: ...


@pytest.fixture
def browse(browser: Browser, watch: Watch) -> Iterator[Browse]:
    """Pages, whose paths are those of the service; any fault of theirs fails the test."""
    contexts = []

    def open_page(
        size: tuple[int, int] = DESK,
        *,
        dark: bool = False,
        javascript: bool = True,
        language: str = "en-GB",
        sharpness: float = 1,
    ) -> Page:
        context = browser.new_context(
            base_url=watch.address,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale=language,
            device_scale_factor=sharpness,
            reduced_motion="reduce",
            timezone_id="UTC",
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.clock.set_fixed_time(NOON)
        watch.over(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert watch.faults == []


@pytest.fixture
def page(browse: Browse) -> Page:
    """A page in a window of 1280 × 800, light, with JavaScript."""
    return browse()


@pytest.fixture(params=[PHONE, DESK, WALL], ids=["phone", "desk", "wall"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Each of the sizes that pages must fit: for ``browse(size)``."""
    found: tuple[int, int] = request.param
    return found


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def dark(request: pytest.FixtureRequest) -> bool:
    """Each of the colour schemes: for ``browse(dark=dark)``."""
    found: bool = request.param
    return found


@pytest.fixture
def take(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Locator | Page, str], None]:
    """Takes the picture of this name that a document shows; into ``docs/images`` only with ``--pictures``."""

    def picture(what: Locator | Page, name: str) -> None:
        folder: Path = request.config.getoption("--pictures") or tmp_path
        try:
            what.screenshot(path=folder / name)
        except Error:  # a busy machine's Chromium at times has no frame to capture; the next one is there
            what.screenshot(path=folder / name)
        assert (PICTURES / name).exists(), "`make picture` takes it"

    return picture
