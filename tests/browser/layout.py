"""How a page lies in a window, and on paper."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

PHONE, DESK, WALL = (360, 740), (1280, 800), (2560, 1440)
"""Width and height of windows in CSS pixels."""

_A4 = (595, 842)
"""Width and height in points (ISO 216: 210 mm × 297 mm)."""

_STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 0.5)
    .map((element) => element.outerHTML.slice(0, 100));
}"""


def assert_no_sideways_scrolling(page: Page) -> None:
    """The page is no wider than its window (WCAG 1.4.10); what may scroll by itself, may."""
    assert page.evaluate(_STICKING_OUT) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.documentElement.clientWidth")


class Paper(NamedTuple):
    """A page as printed: the text of each sheet."""

    sheets: list[str]


def printed(page: Page) -> Paper:
    """The page printed on A4 as its style sheet says."""
    reader = PdfReader(BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    for sheet in reader.pages:
        size = (float(sheet.mediabox.width), float(sheet.mediabox.height))
        assert size == pytest.approx(_A4, abs=1)
    return Paper([sheet.extract_text() for sheet in reader.pages])
