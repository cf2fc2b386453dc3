"""Words as evidence: names in a text, found by explicit rules and guarded against what denies them.

A rule is a list of names (matched as words, whatever their case, width, hyphens and blanks), perhaps some
patterns, and the patterns that forbid it. In a text the longest name at a place wins, so that 泼尼松龙 is
prednisolone and not prednisone. What stands around a name may deny it ("no evidence of", 否认), put it on
somebody else ("family history of", "donor") or into the past; the guards are data
(``codesets/text_guards.yaml``).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from fhir_mappings.catalogue import FOLDER, read_yaml

# A comma ends a clause unless a denial of what stands before it follows.
_CLAUSE = re.compile(
    r"[;。；\n]|[,，](?=\s|[\u4e00-\u9fff])(?!\s*(?:ruled|excluded|unlikely|negative|not|absent|已?排除|待排|除外))"
    r"|\.\s|、(?=无|否认|未)|\b(?:but|however)\b|但"
)
_BREAK = " ¦ "
_JOINERS = re.compile(r"[-‐‑–—_/,:()\[\]\"'`’·・]+")
_CJK_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+|\s+(?=[\u3400-\u9fff])")
_LATIN = re.compile(r"[a-z0-9\u00c0-\u024f\u0370-\u03ff]")


@functools.lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """NFKC, lower case, hyphens, slashes, brackets and commas as blanks, no blanks beside Chinese signs."""
    plain = _JOINERS.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return _CJK_GAP.sub("", " ".join(plain.split()))


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which words a thing is known.

    Attributes:
        names: words or phrases.
        patterns: regular expressions for what names cannot say, searched across the folded clauses.
        unless: regular expressions that forbid the rule where they match anywhere in the text.
        only: the text must consist of the name.
        past: the thing that a "history of" it is; without one, a history says nothing.
    """

    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: bool = False
    past: str | None = None


class Found(NamedTuple):
    """A thing that a text names, and whether the text only suspects it."""

    target: str
    suspected: bool


class Guards(NamedTuple):
    """Patterns that deny a name: in the whole text, before the name in its clause, or after it."""

    whole: re.Pattern[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    past: re.Pattern[str]
    suspected: re.Pattern[str]


@functools.cache
def guards(kind: str) -> Guards:
    """The guards for a kind of text (``condition``, ``drug`` …)."""
    raw: dict[str, Any] = read_yaml(FOLDER / "codesets" / "text_guards.yaml")
    chosen = raw.get(kind, raw["default"])

    def compiled(name: str) -> re.Pattern[str]:
        return re.compile("|".join(chosen.get(name, ())) or r"(?!)", re.ASCII)

    return Guards(*(compiled(name) for name in Guards._fields))


class Lexicon:
    """Rules of one kind of text, ready for search.

    ``clauses`` says that the text is prose, whose clauses deny for themselves; the name of a laboratory
    result is one whole ("Hepatitis B core antibody, IgM").
    """

    def __init__(self, rules: Mapping[str, Iterable[Rule]], kind: str, *, clauses: bool = True) -> None:
        self._kind = kind
        self._clauses = clauses
        self._index: dict[str, list[tuple[str, str, Rule]]] = {}
        self._whole: dict[str, list[tuple[str, Rule]]] = {}
        self._patterns: list[tuple[str, Rule]] = []
        for target, entries in rules.items():
            for rule in entries:
                self._add(target, rule)
        for entries_at in self._index.values():
            entries_at.sort(key=lambda entry: len(entry[0]), reverse=True)

    def _add(self, target: str, rule: Rule) -> None:
        for name in rule.names:
            key = folded(name)
            if rule.only:
                self._whole.setdefault(key, []).append((target, rule))
            else:
                self._index.setdefault(key[:2], []).append((key, target, rule))
        if rule.patterns:
            self._patterns.append((target, rule))

    def find(self, text: str) -> frozenset[Found]:
        """What the text names and does not deny."""
        whole = folded(text)
        around = guards(self._kind)
        if not whole or around.whole.search(whole):
            return frozenset()
        named = {Found(target, False) for target, rule in self._whole.get(whole, ()) if _allowed(rule, whole)}
        parts = _CLAUSE.split(unicodedata.normalize("NFKC", text)) if self._clauses else [text]
        clauses = [folded(part) for part in parts]
        hits = [(c, *hit) for c in clauses for hit in self._named(c)]
        joined = _BREAK.join(clauses)
        hits += [(joined, *hit) for hit in self._matched(joined)]
        for context, start, end, target, rule in hits:
            found = _judged(context, start, end, target, rule, around) if _allowed(rule, whole) else None
            if found is not None:
                named.add(found)
        return frozenset(named)

    def _named(self, clause: str) -> Iterable[tuple[int, int, str, Rule]]:
        position, length = 0, len(clause)
        while position < length:
            step = 1
            if position == 0 or not (_is_latin(clause[position - 1]) and _is_latin(clause[position])):
                for key, target, rule in self._index.get(clause[position : position + 2], ()):
                    end = _end_of(clause, position, key)
                    if end is None or (step > 1 and end < position + step):
                        continue
                    step = end - position
                    yield position, end, target, rule
            position += step

    def _matched(self, joined: str) -> Iterable[tuple[int, int, str, Rule]]:
        for target, rule in self._patterns:
            match = _compiled(rule.patterns).search(joined)
            if match is not None:
                yield match.start(), match.end(), target, rule


def _is_latin(sign: str) -> bool:
    return _LATIN.match(sign) is not None


def _end_of(clause: str, start: int, key: str) -> int | None:
    """Where the name at ``start`` ends, a plural ``s`` included; ``None`` if it is not there."""
    if not clause.startswith(key, start):
        return None
    end = start + len(key)
    if not _is_latin(key[-1]) or end == len(clause) or not _is_latin(clause[end]):
        return end
    plural = clause[end] == "s" and (end + 1 == len(clause) or not _is_latin(clause[end + 1]))
    return end + 1 if plural and not key[-1].isdigit() else None


def _judged(context: str, start: int, end: int, target: str, rule: Rule, around: Guards) -> Found | None:
    before = context[:start].rpartition(_BREAK)[2]
    after = context[end:].partition(_BREAK)[0]
    if around.before.search(before) or around.after.search(after):
        return None
    if around.past.search(before) or around.past.search(after):
        return Found(rule.past, False) if rule.past else None
    suspected = around.suspected.search(before) or around.suspected.search(after)
    return Found(target, suspected is not None)


def _allowed(rule: Rule, text: str) -> bool:
    return not (rule.unless and _compiled(rule.unless).search(text))


@functools.lru_cache(maxsize=2048)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    # ASCII, so that a Chinese sign bounds a Latin word.
    return re.compile("|".join(patterns), re.ASCII)
