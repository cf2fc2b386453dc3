"""Regular expressions of many alternatives that are tried only on texts which name one of their words.

``re`` tries every alternative at every place of a text. Most patterns of reports match in few sentences, and
whether one of the words is there at all that every match contains is told in a small part of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from re import _constants as sre  # type: ignore[attr-defined]  # the words are read from the parsed pattern
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_MOST_SIGNS = 8
"""Of a set of signs that is spelled out; a larger one is not looked for."""

# What ``re`` takes for an ASCII letter where case does not matter, beside its capital.
_LETTERS = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})


class WordPattern:
    """A compiled pattern that matches exactly what ``re.Pattern`` does, and tells faster that it does not.

    Attributes:
        pattern: what it looks for.
        words: in small letters; every match contains at least one. ``None``: there are no such words.
    """

    __slots__ = ("_ascii_words", "pattern", "words")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = re.compile(pattern, flags)
        self.words = words_of(pattern, flags)
        self._ascii_words = tuple(word for word in self.words or () if word.isascii())

    def may_match(self, text: str) -> bool:
        """Whether the text has one of the words."""
        if self.words is None:
            return True
        plain, words = (
            (text.lower(), self._ascii_words) if text.isascii() else (folded_case(text), self.words)
        )
        for word in words:  # noqa: SIM110  # this is asked of each sentence for each pattern
            if word in plain:
                return True
        return False

    def search(self, text: str) -> re.Match[str] | None:
        """As ``re.Pattern.search``."""
        return self.pattern.search(text) if self.may_match(text) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As ``re.Pattern.finditer``."""
        return self.pattern.finditer(text) if self.may_match(text) else iter(())

    def sub(self, replacement: str, text: str) -> str:
        """As ``re.Pattern.sub``."""
        return self.pattern.sub(replacement, text) if self.may_match(text) else text

    def subn(self, replacement: str, text: str) -> tuple[str, int]:
        """As ``re.Pattern.subn``."""
        return self.pattern.subn(replacement, text) if self.may_match(text) else (text, 0)


def folded_case(text: str) -> str:
    """The text in small letters; two signs that ``re`` takes for one ASCII letter are the same."""
    return text.lower() if text.isascii() else text.translate(_LETTERS).lower()


def words_of(pattern: str, flags: int = 0) -> tuple[str, ...] | None:
    """Words, in small letters, of which every match of the pattern contains at least one.

    ``None`` where there are none, or none that would tell a text with a match from others.
    """
    found = _needed(_parser.parse(pattern, flags))
    if found is None or any(len(word) == 1 and word.isascii() and word.isalnum() for word in found):
        return None
    return tuple(sorted(w for w in found if not any(other != w and other in w for other in found)))


Words = frozenset[str]


def _needed(sequence: Iterable[tuple[Any, Any]]) -> Words | None:
    """The words of a sequence: of all that each of its parts needs, those that are longest."""
    needed: list[Words] = []
    run = ""
    for operator, argument in sequence:
        if operator is sre.LITERAL and _is_plain(argument):
            run += chr(argument).lower()
            continue
        if operator in (sre.AT, sre.ASSERT_NOT):
            continue
        if operator is not sre.ASSERT:
            needed += [frozenset({run})] if run else []
            run = ""
        find = _PARTS.get(operator)
        words = find(argument) if find is not None else None
        if words is not None:
            needed.append(words)
    needed += [frozenset({run})] if run else []
    return max(needed, key=lambda words: (min(map(len, words)), -len(words)), default=None)


def _is_plain(code: int) -> bool:
    """Whether a sign is the same in both cases, or an ASCII letter: case has more forms beyond these."""
    return code < 128 or chr(code).lower() == chr(code).upper()


def _of_all(branches: Iterable[Any]) -> Words | None:
    found = [_needed(branch) for branch in branches]
    words = [each for each in found if each is not None]
    return frozenset[str]().union(*words) if len(words) == len(found) else None


def _of_signs(signs: list[tuple[Any, Any]]) -> Words | None:
    spelled = len(signs) <= _MOST_SIGNS and all(o is sre.LITERAL and _is_plain(code) for o, code in signs)
    return frozenset(chr(code).lower() for _, code in signs) if spelled else None


def _of_repeat(argument: tuple[int, int, Any]) -> Words | None:
    least, _, part = argument
    return _needed(part) if least else None


_PARTS: dict[Any, Callable[[Any], Words | None]] = {
    sre.BRANCH: lambda argument: _of_all(argument[1]),
    sre.SUBPATTERN: lambda argument: _needed(argument[3]),
    sre.ATOMIC_GROUP: lambda argument: _needed(argument),
    sre.ASSERT: lambda argument: _needed(argument[1]),
    sre.MAX_REPEAT: _of_repeat,
    sre.MIN_REPEAT: _of_repeat,
    sre.POSSESSIVE_REPEAT: _of_repeat,
    sre.IN: _of_signs,
}
