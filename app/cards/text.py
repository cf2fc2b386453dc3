"""Text from a chart, made safe for a card.

What a record says is shown as text and as nothing else: it can neither format the card, nor link, nor carry
HTML.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

from app.plain_text import plain

_MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Renderers turn bare addresses, those of e-mail too, into links, some of them after entities are resolved; a
# space prevents it.
_SCHEME = re.compile(r"(?<=\w):(?=//)")
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)
_AT = re.compile(r"(?<=\S)@(?=\S)")


def markdown(text: str, limit: int | None = None) -> str:
    """One line, at most ``limit`` visible signs, so that GitHub Flavored Markdown shows it as it stands."""
    shown = plain(text, limit)
    shown = _SCHEME.sub(": ", shown)
    shown = _WWW.sub(lambda match: f"{match[0][:-1]} .", shown)
    shown = _AT.sub("@ ", shown)
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
