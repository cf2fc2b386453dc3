"""Text from a chart, made safe for a card.

What a record says is shown as text and as nothing else: it can neither format the card, nor link, nor carry
HTML, nor turn the reading direction around or hide signs.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

import yaml

ELLIPSIS = "…"

_MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Renderers turn bare addresses into links, some of them after entities are resolved; a space prevents it.
_SCHEME = re.compile(r"(?<=\w):(?=//)")
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
# Zero width joiners are needed by several scripts; all other signs of the categories below are dropped.
_JOINERS = frozenset("\u200c\u200d")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def plain(text: str, limit: int | None = None) -> str:
    """One line of visible text, at most ``limit`` characters long, cut at a word where possible."""
    spaced = _SPACES.sub(" ", text)
    if not spaced.isascii() or not spaced.isprintable():
        spaced = "".join(
            sign for sign in spaced if sign in _JOINERS or unicodedata.category(sign) not in _DROPPED
        )
    return shortened(spaced.strip(), limit)


def shortened(text: str, limit: int | None) -> str:
    """The text, cut at a word and with an ellipsis if it is longer than ``limit`` characters."""
    if limit is None or len(text) <= limit:
        return text
    cut = text[: limit - len(ELLIPSIS)]
    at_word = cut.rpartition(" ")[0]
    return (at_word if len(at_word) > len(cut) * 0.6 else cut).rstrip(" ,;:(") + ELLIPSIS


def markdown(text: str, limit: int | None = None) -> str:
    """The same, so that GitHub Flavored Markdown shows it as it stands."""
    shown = plain(text, limit)
    shown = _SCHEME.sub(": ", shown)
    shown = _WWW.sub(lambda match: f"{match[0][:-1]} .", shown)
    return _MARKDOWN.sub(r"\\\1", shown).translate(_HTML)


def readable(text: str) -> str:
    """A reason with its units as laboratories print them, not as UCUM codes them."""
    for code, shown in _units():
        text = text.replace(code, shown)
    return text


@cache
def _units() -> tuple[tuple[str, str], ...]:
    table = yaml.safe_load((files("app.cards") / "catalogue" / "units.yaml").read_text(encoding="utf-8"))
    return tuple(table.items())
