"""Text from a chart as a line that can only be read: it cannot steer a terminal, or hide or turn signs."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"

_SPACES = re.compile(r"\s+")
# Zero width joiners are needed by several scripts; all other signs of the categories below are dropped.
_JOINERS = frozenset("\u200c\u200d")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def plain(text: str, limit: int | None = None) -> str:
    """One line of visible text, at most ``limit`` characters long, cut at a word where possible."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return shortened(text.strip(), limit)
    return shortened(without_hidden_signs(_SPACES.sub(" ", text)).strip(), limit)


def without_hidden_signs(text: str) -> str:
    """The text without signs that steer, hide or turn; line breaks are among them."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign for sign in text if sign in _JOINERS or unicodedata.category(sign) not in _DROPPED)


def shortened(text: str, limit: int | None) -> str:
    """The text, cut at a word and with an ellipsis if it is longer than ``limit`` characters."""
    if limit is None or len(text) <= limit:
        return text
    cut = text[: limit - len(ELLIPSIS)]
    at_word = cut.rpartition(" ")[0]
    return (at_word if len(at_word) > len(cut) * 0.6 else cut).rstrip(" ,;:(") + ELLIPSIS
