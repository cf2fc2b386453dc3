"""Cells of CSV for spreadsheets."""

from __future__ import annotations

from app.plain_text import plain

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate; a name of a chart must not (CWE-1236)."""


def cell(text: str) -> str:
    """The text as one line, which no spreadsheet takes for a formula."""
    return no_formula(plain(text))


def no_formula(text: str) -> str:
    """The same of text that is plain already."""
    return f"'{text}" if text.startswith(_FORMULA) else text
