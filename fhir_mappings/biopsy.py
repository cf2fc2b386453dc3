"""Reading the class and the activity of lupus nephritis from the words of a biopsy report.

Classes follow the ISN/RPS classification (Weening JJ et al., J Am Soc Nephrol 2004;15:241; revision
Bajema IM et al., Kidney Int 2018;93:789). Activity is told by its letters, (A), (A/C) or (C), by the
modified NIH activity index (0–24), or by words.

A numeral counts only where something makes it a class of lupus nephritis, and where it is the conclusion
of this biopsy: what is denied, possible only, of another day or of another thing (HLA class II, type IV
collagen) does not count. In doubt there is no class. The words are data (``biopsy.yaml``), and so are
the patterns of numerals (``biopsy_words``).
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import msgspec

from fhir_mappings.biopsy_words import biopsy_words
from fhir_mappings.kidney_diseases import disease_words, is_of_another_disease, names_lupus
from fhir_mappings.phrases import listed, phrase

Activity = Literal["active", "inactive", "not-stated"]
Standing = Literal["stated", "careful", "possible", "denied", "former", "foreign"]

CLASSES = ("I", "II", "III", "IV", "V", "VI", "III+V", "IV+V", "III+IV", "III+IV+V")
"""The classes that a reading can have; the pathologist's combinations, lower numeral first."""

MAXIMUM_ACTIVITY_INDEX = 24

LONGEST_REPORT = 20_000
"""Characters. A longer text is no report of one biopsy, and is not read."""

MOST_MENTIONS = 100
"""Classes that are named in one section; a text that names more is no report, and is not read."""

REACH = 1_000
"""Characters on either side within which what a sentence says of a class or a date is looked for."""

SAME_REPORT = 4
"""Texts of which the parts are kept: one report is read for several questions, one after another."""

_TOO_MUCH = phrase("biopsy.the-report-is-too-long-or")
_COUNTING: tuple[Standing, ...] = ("stated", "careful")
_ORDER = ("I", "II", "III", "IV", "V", "VI")
_CODED_CLASS = "cond_lupus_nephritis_class_"


class BiopsyReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says. ``lupus_class`` is one of ``CLASSES``, or ``None`` where it states none clearly."""

    lupus_class: str | None
    activity: Activity = "not-stated"
    activity_index: int | None = None
    notes: tuple[str, ...] = ()


class _Mention(NamedTuple):
    standing: Standing
    elements: tuple[tuple[str, str], ...]
    """Numerals, each with its letters of activity."""


def read_biopsy(text: str, coded: str | None = None) -> BiopsyReading:
    """Read the words of a report, or of a diagnosis or stage that names a class.

    ``coded``: the class that a code beside the words names. It stands where the words state none; where
    they state another, there is no class.
    """
    if len(text) > LONGEST_REPORT:
        return BiopsyReading(lupus_class=None, notes=(_TOO_MUCH,))
    normal, sections = _compared(text), present_sections(text)
    if any(_names_too_many(body) for _, body in sections):
        return BiopsyReading(lupus_class=None, notes=(_TOO_MUCH,))
    if not names_lupus(normal) and any(_another_disease(body) for _, body in sections):
        return BiopsyReading(lupus_class=None)
    concluding = [body for kind, body in sections if kind == "diagnosis"]
    present = [body for _, body in sections]
    mentions = [m for body in concluding for m in _mentions(body)]
    if not any(m.standing in _COUNTING for m in mentions):
        mentions = [m for body in present for m in _mentions(body)]
    counted = [m for m in mentions if m.standing in _COUNTING]
    worded, notes = _combined(numeral for m in counted for numeral, _ in m.elements)
    notes += _remarks(mentions, normal)
    lupus_class = worded or coded
    if worded is not None and coded is not None and worded != coded:
        lupus_class, notes = (
            None,
            (*notes, phrase("biopsy.class-in-words-class-coded", worded=worded, coded=coded)),
        )
    letters = [letter for m in counted for letter in _letters(m)]
    activity, index, remark = _activity(letters, present)
    return BiopsyReading(
        lupus_class=lupus_class, activity=activity, activity_index=index, notes=(*notes, *remark)
    )


def _another_disease(body: str) -> bool:
    found = itertools.islice(disease_words().other.finditer(body), MOST_MENTIONS)
    return any(is_stated(body, *match.span()) for match in found)


@functools.lru_cache(maxsize=SAME_REPORT)
def present_sections(text: str) -> tuple[tuple[str, str], ...]:
    """What a report says of this biopsy: (kind of heading, text below it), ``none`` before the first.

    What was known before the biopsy is left out, and so is what other biopsies are said to have shown.
    """
    return tuple((kind, body) for kind, body in _sections(_compared(text)) if kind != "background")


def speaks_of_another_day(sentence: str) -> bool:
    """Whether a sentence is, at its end, about another biopsy than this one."""
    words = biopsy_words()
    cue = max((m.end() for m in words.former_before.finditer(sentence)), default=-1)
    today = max((m.end() for m in words.today.finditer(sentence)), default=-1)
    return cue > today


@functools.lru_cache(maxsize=SAME_REPORT)
def _compared(text: str) -> str:
    """The text in normal form, without the clauses that tell what the biopsy is compared with."""
    return biopsy_words().comparison.sub(" ", normalised(text))


def _letters(mention: _Mention) -> list[str]:
    """The letters of the proliferative classes. Class V has none: behind "III+V" they are of the III."""
    own = [letter for numeral, letter in mention.elements if numeral in ("III", "IV")]
    if own and not any(own):
        return [mention.elements[-1][1]]
    return own


def class_of_concepts(concepts: Iterable[str]) -> str | None:
    """The class that coded concepts (``cond_lupus_nephritis_class_4``) name together, if it is one."""
    digits = [c.removeprefix(_CODED_CLASS) for c in concepts if c.startswith(_CODED_CLASS)]
    return _combined(_roman(digit) for digit in digits)[0]


def _combined(numerals: Iterable[str]) -> tuple[str | None, tuple[str, ...]]:
    found = sorted(set(numerals), key=_ORDER.index)
    joined = "+".join(found)
    if joined in CLASSES:
        return joined, ()
    if joined == "II+V":
        return "V", (phrase("biopsy.class-v-together-with-class-ii"),)
    if found:
        return None, (phrase("biopsy.several-classes-are-named-which-of", found=listed("names", found)),)
    return None, ()


def _remarks(mentions: Iterable[_Mention], text: str) -> tuple[str, ...]:
    remarks = []
    for standing, wording in (
        ("careful", "biopsy.likely"),
        ("possible", "biopsy.possible"),
        ("former", "biopsy.former"),
    ):
        numerals = {n for m in mentions if m.standing == standing for n, _ in m.elements}
        if numerals:
            remarks.append(
                phrase(wording, numerals=listed("alternatives", sorted(numerals, key=_ORDER.index)))
            )
    if re.search(r"\bWHO\b|World Health Organi[sz]ation", text):
        remarks.append(phrase("biopsy.the-report-cites-the-who-classification"))
    return tuple(remarks)


def _activity(letters: Iterable[str], bodies: Iterable[str]) -> tuple[Activity, int | None, tuple[str, ...]]:
    words = biopsy_words()
    said: set[bool] = {letter != "C" for letter in letters if letter}
    if said == {True, False}:
        said = {True}
    index: int | None = None
    for sentence in (part for body in bodies for part in _of_today(body)):
        rest, quiet = words.inactive.subn(" ", sentence)
        if quiet:
            said.add(False)
        if words.active.search(rest):
            said.add(True)
        match = words.activity_index.search(sentence)
        if match is not None and int(match["value"]) <= MAXIMUM_ACTIVITY_INDEX:
            index = int(match["value"])
            said.add(index > 0)
    if said == {True}:
        return "active", index, ()
    if said == {False}:
        return "inactive", index, ()
    contradictory = (phrase("biopsy.the-report-says-both-active-and"),) if said else ()
    return "not-stated", index, contradictory


def _of_today(body: str) -> Iterator[str]:
    """The parts of sentences that are not about another biopsy; behind a semicolon that one goes on."""
    words = biopsy_words()
    for whole in words.full_stop.split(body):
        former = False
        for part in whole.split(";"):
            former = speaks_of_another_day(part) or (former and not words.today.search(part))
            if not former:
                yield part


def _names_too_many(body: str) -> bool:
    found = biopsy_words().expression.finditer(body)
    return next(itertools.islice(found, MOST_MENTIONS, None), None) is not None


def _mentions(body: str) -> Iterator[_Mention]:
    words = biopsy_words()
    last = 0
    borders = _borders(body)
    for match in words.expression.finditer(body):
        expression = next(
            g for g in ("classed", "weak", "typed", "sized", "lettered") if match[g] is not None
        )
        start, end = match.span(expression)
        if start < last:
            continue
        elements = tuple(_elements(match[expression]))
        tail = words.tail.match(body, end)
        if tail is not None and not elements[-1][1]:
            elements = (*elements[:-1], (elements[-1][0], _letter(tail["letters"])))
            end = tail.end()
        standing = _standing(body, borders, match.start(), start, end, last)
        before = body[max(0, match.start() - REACH) : match.start()]
        if standing == "former" and words.from_before.search(before) and len(elements) > 1:
            # "from class III to class IV": the last of them is the present one.
            yield _Mention("former", elements[:-1])
            standing, elements = "stated", elements[-1:]
        elif standing in ("stated", "careful") and words.alternative.search(match[expression]):
            standing = "possible"
        yield _Mention(standing, elements)
        last = end


def _standing(
    body: str,
    borders: list[tuple[int, int]],
    start: int,
    numeral: int,
    end: int,
    last: int,
    numbered: bool = True,
) -> Standing:
    """How a class is meant that stands from ``start`` to ``end``, its first numeral at ``numeral``.

    ``borders`` are those of the sentences; ``last`` is where the class before it ended. Not ``numbered``: a
    disease is meant, not a class.
    """
    words = biopsy_words()
    before_it = bisect.bisect_right(borders, start, key=lambda border: border[1])
    behind_it = bisect.bisect_left(borders, end, key=lambda border: border[0])
    hard = borders[before_it - 1][1] if before_it else 0
    sentence_end = borders[behind_it][0] if behind_it < len(borders) else len(body)
    if start - hard > REACH:
        # What stands farther off in so long a sentence, and may deny it, is not looked at.
        return "possible"
    after = body[end : min(sentence_end, end + REACH)]
    sentence = body[hard:start]
    before = words.soft.split(body[max(hard, last) : start])[-1]
    if words.foreign_before.search(before) or words.foreign_after.search(after):
        return "foreign"
    if numbered and is_of_another_disease(body[hard:sentence_end], start - hard, end - hard):
        return "foreign"
    if (
        words.from_before.search(sentence)
        or words.former_after.search(after)
        or speaks_of_another_day(body[hard:numeral])
    ):
        return "former"
    if words.uncertain_before.search(before) or words.uncertain_after.search(after):
        return "possible"
    if words.negated_before.search(before) or words.negated_after.search(after):
        return "denied"
    return "careful" if words.careful_before.search(before) else "stated"


def is_stated(body: str, start: int, end: int) -> bool:
    """Whether what a section names from ``start`` to ``end`` is its own conclusion about this biopsy."""
    return _standing(body, _borders(body), start, start, end, 0, numbered=False) in _COUNTING


def is_denied(body: str, start: int, end: int) -> bool:
    """Whether a section denies what it names from ``start`` to ``end``, for this biopsy."""
    return _standing(body, _borders(body), start, start, end, 0, numbered=False) == "denied"


@functools.lru_cache(maxsize=16)
def _borders(body: str) -> list[tuple[int, int]]:
    return [match.span() for match in biopsy_words().sentence.finditer(body)]


def _elements(expression: str) -> Iterator[tuple[str, str]]:
    for match in biopsy_words().element.finditer(expression):
        yield _roman(match["numeral"]), _letter(match["letters"] or match["bare"] or "")


def _letter(written: str) -> str:
    letters = "".join(written.upper().split())
    return "C" if letters in ("C", "CHRONIC") else letters and "A"


def _roman(numeral: str) -> str:
    return _ORDER[int(numeral) - 1] if numeral.isdigit() else numeral.upper()


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """(kind of heading, text below it); text before the first heading has the kind ``none``."""
    kind, start = "none", 0
    for match in biopsy_words().heading.finditer(text):
        yield kind, text[start : match.start()]
        kind, start = next(name for name, value in match.groupdict().items() if value), match.end()
    yield kind, text[start:]


def normalised(text: str) -> str:
    """NFKC, with small Roman numerals in small letters and all dashes alike; without empty lines."""
    # Small Roman numerals become letters of the small case; only capitals are numerals beyond doubt.
    capitals = text.translate({code: code - 16 for code in range(0x2170, 0x217C)})
    folded = unicodedata.normalize("NFKC", capitals)
    folded = re.sub("[‐‑‒–—−]", "-", folded)
    return re.sub(r"\n\s+", "\n", re.sub(r"[^\S\n]+", " ", folded))
