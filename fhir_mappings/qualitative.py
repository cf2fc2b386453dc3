"""Reading results that are words: categories and numbers written as text, in English and Chinese.

The words are data (``codesets/qualitative.yaml``). Negatives are removed before positives are looked
for: "non-reactive" contains "reactive", "not detected" contains "detected". A text that says both, or
something else, has no category.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from typing import NamedTuple

from fhir_mappings.catalogue import FOLDER, read_yaml
from fhir_mappings.intervals import INFINITY, Interval, point

_LONGEST = 4_000
"""Characters. A longer text is a document and no result; nothing is read from it."""


class QuantityText(NamedTuple):
    """A number written as text, and what follows it (a unit, perhaps)."""

    value: Interval
    unit: str | None


def category_of_text(text: str) -> str | None:
    """``positive``, ``negative``, ``equivocal``, or ``None`` where the words say none or several of these."""
    return _category(normalised(text)) if len(text) <= _LONGEST else None


def strip_step_of_text(text: str) -> str | None:
    """The step of a test strip: ``trace``, ``1+`` … ``4+``; ``None`` where the text is anything else."""
    if len(text) > _LONGEST:
        return None
    folded = normalised(text)
    return next((step for step, pattern in _strip_steps() if pattern.fullmatch(folded)), None)


def viral_load_of_text(text: str) -> str | None:
    """What words say of a nucleic acid test.

    ``not-detected``, ``detected-below-quantification``, ``above-quantification``, ``detected``, or
    ``None``. A bare bound such as ``<20`` says none of them: below the limit of detection and below the
    limit of quantification are different things.
    """
    if len(text) > _LONGEST:
        return None
    folded = normalised(text)
    for category, pattern in _viral_patterns():
        if pattern.search(folded):
            return category
    return {"negative": "not-detected", "positive": "detected"}.get(_category(folded) or "")


def interval_of_text(text: str) -> Interval | None:
    """The number, bound, range or titre that a text is; ``None`` if it is anything else.

    A titre is given as its reciprocal (``1:80`` is 80). ``1,234`` is ``None``: it may be 1234 or 1.234.
    """
    found = quantity_of_text(text)
    return found.value if found is not None and found.unit is None else None


def quantity_of_text(text: str) -> QuantityText | None:
    """The number at the beginning of a text, with the rest of the text as its unit."""
    match = _QUANTITY.fullmatch(_plain_forms(text)) if len(text) <= _LONGEST else None
    if match is None:
        return None
    low = _number(match["low"], titre=match["titre_low"] is not None)
    if low is None:
        return None
    unit = (match["unit"] or "").strip() or None
    if match["high"] is not None:
        high = _number(match["high"], titre=match["titre_high"] is not None or match["titre_low"] is not None)
        if high is None or high < low or match["sign"]:
            return None
        return QuantityText(Interval(low, high), unit)
    return QuantityText(_bounded(match["sign"], low), unit)


def titre_of_text(text: str) -> Interval | None:
    """The reciprocal of the titre that a text names anywhere, the highest if it names several.

    ``1:40-1:80`` is one titre, between 40 and 80.

    ``None`` where it names none, or calls a titre without ``<`` negative.
    """
    if len(text) > _LONGEST:
        return None
    plain = _plain_forms(text)
    found = [titre for match in _TITRE.finditer(plain) if (titre := _titre(match)) is not None]
    if not found:
        return None
    highest = max(found, key=lambda titre: (titre.low, titre.high))
    if category_of_text(text) == "negative" and highest.low > -INFINITY:
        return None
    return highest


@functools.lru_cache(maxsize=4096)
def normalised(text: str) -> str:
    """NFKC (full-width forms become ASCII), lower case, single blanks."""
    return _plain_forms(text).lower()


_DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "﹣": "-", "‐": "-", "‑": "-", "～": "~", "〜": "~"})


def _plain_forms(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


_TIMES_TEN = r"\s*(?:e|[x*×]\s*10\^?)\s*(?=[+-]?\d)"
_POWER = re.compile(_TIMES_TEN, re.IGNORECASE)
_NUMBER = rf"\d+(?:[.,]\d+)*(?:{_TIMES_TEN}[+-]?\d+)?"
_SIGN = (
    r"<=|>=|=<|=>|≤|≥|<|>|≦|≧|小于等于|大于等于|不大于|不小于|小于|大于|低于|高于"
    r"|less than|greater than|below|above|more than|up to"
)
_QUANTITY = re.compile(
    rf"(?P<sign>{_SIGN})?\s*(?P<titre_low>1\s*[:/]\s*)?(?P<low>{_NUMBER})"
    rf"(?:\s*(?:-|~|to|至)\s*(?P<titre_high>1\s*[:/]\s*)?(?P<high>{_NUMBER}))?"
    r"(?:\s*(?P<unit>(?!/\d)[^\d\s<>=:,.;~-].*))?",
    re.IGNORECASE,
)
_RECIPROCAL = r"(\d{1,3}(?:,\d{3})+|\d+)(?![\d.])"
_TITRE = re.compile(
    rf"({_SIGN})?\s*\b1\s*[:/]\s*{_RECIPROCAL}(?:\s*(?:-|~|to|至)\s*1\s*[:/]\s*{_RECIPROCAL})?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_EXPONENT = 4
"""Its sign included. A longer one is beyond the numbers of the machine, or padded with noughts."""
_AT_MOST = frozenset({"<=", "=<", "≤", "≦", "小于等于", "不大于", "up to"})
_AT_LEAST = frozenset({">=", "=>", "≥", "≧", "大于等于", "不小于"})
_BELOW = frozenset({"<", "小于", "低于", "less than", "below"})


def _titre(match: re.Match[str]) -> Interval | None:
    low, high = (float(digits.replace(",", "")) if digits else None for digits in match.group(2, 3))
    if INFINITY in (low, high):
        return None
    if low is None or high is None or match[1]:
        return _bounded(match[1], high or low or 0.0)
    return Interval(min(low, high), max(low, high))


def _bounded(written: str | None, value: float) -> Interval:
    if written is None:
        return point(value)
    sign = written.lower()
    if sign in _AT_MOST:
        return Interval(-INFINITY, value)
    if sign in _AT_LEAST:
        return Interval(value, INFINITY)
    if sign in _BELOW:
        return Interval(-INFINITY, value, high_open=True)
    return Interval(value, INFINITY, low_open=True)


def _number(digits: str, *, titre: bool) -> float | None:
    mantissa, _, exponent = _POWER.sub("e", digits).partition("e")
    plain = _plain(mantissa, titre=titre)
    if plain is None or len(exponent) > _LONGEST_EXPONENT:
        return None
    value = plain * float(f"1e{exponent or 0}")
    # Beyond what a number of the machine can hold it would be infinite, or nought: neither was written.
    return value if math.isfinite(value) and (value != 0 or plain == 0) else None


def _plain(mantissa: str, *, titre: bool) -> float | None:
    commas, points = mantissa.count(","), mantissa.count(".")
    if commas == 0 and points <= 1:
        return float(mantissa.rstrip("."))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", mantissa):
        grouped = commas > 1 or points == 1 or titre
        return float(mantissa.replace(",", "")) if grouped else None
    if commas == 1 and points == 0:
        return float(mantissa.replace(",", "."))
    return None


class _Words(NamedTuple):
    whole: dict[str, str]
    patterns: tuple[tuple[str, re.Pattern[str]], ...]


@functools.cache
def _words() -> _Words:
    raw = read_yaml(FOLDER / "codesets" / "qualitative.yaml")
    whole: dict[str, str] = {}
    patterns = []
    for category in ("equivocal", "negative", "positive"):
        whole.update({normalised(word): category for word in raw[category]["whole"]})
        patterns.append((category, re.compile("|".join(raw[category]["words"]), re.ASCII)))
    return _Words(whole, tuple(patterns))


@functools.cache
def _viral_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    raw = read_yaml(FOLDER / "codesets" / "qualitative.yaml")["viral_load"]
    return tuple((category, re.compile("|".join(patterns), re.ASCII)) for category, patterns in raw.items())


@functools.cache
def _strip_steps() -> tuple[tuple[str, re.Pattern[str]], ...]:
    raw = read_yaml(FOLDER / "codesets" / "qualitative.yaml")["strip_steps"]
    around: str = raw["around"]
    return tuple(
        (step, re.compile(around.replace("STEP", pattern), re.ASCII))
        for step, pattern in raw["steps"].items()
    )


@functools.lru_cache(maxsize=4096)
def _category(text: str) -> str | None:
    words = _words()
    found = words.whole.get(text.strip(" .。;；"))
    if found is not None:
        return found
    said = []
    rest = text
    for category, pattern in words.patterns:
        rest, count = pattern.subn(" ", rest)
        if count:
            said.append(category)
    return said[0] if len(said) == 1 else None
