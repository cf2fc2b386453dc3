"""The words of a chart, and those of them that stand where none of them may."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any


def words_of(value: Any) -> set[str]:
    """All that a chart says in more than three signs: names, ids, dates, numbers, texts."""
    return {word for word in _all(value) if len(word) > 3}


def found_in(text: str, words: Collection[str]) -> list[str]:
    """Those that stand in a text as whole words."""
    return [word for word in words if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]


def _all(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _all(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _all(inner)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
