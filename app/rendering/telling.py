"""The words of reports on screens and paper: one catalogue for each language, in ``app/rendering/catalogue``.

Functions and templates that show a report are many and small, and all speak one language at a time; they ask
for it here, and whoever renders a report says it once (``speaking``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

import yaml

from app.language import Language

_SPOKEN: ContextVar[Language] = ContextVar("language", default="en")


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Within it, reports are told in this language."""
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken() -> Language:
    """The language in which reports are told."""
    return _SPOKEN.get()


def tell(key: str, /, **args: object) -> str:
    """The template of that name, filled in.

    Raises:
        KeyError: no such template, or an argument lacks.
    """
    return _templates(spoken())[key].format(**args)


@cache
def _templates(language: Language) -> Mapping[str, str]:
    text = (files("app.rendering") / "catalogue" / f"{language}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, str] = yaml.safe_load(text)
    return found
