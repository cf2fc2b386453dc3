"""Scores and questionnaires as they are recorded: which instrument, and which item or domain of it.

Most disease activity scores have no code in LOINC or SNOMED CT, so that words carry them. The words are
data (``codesets/instruments.yaml``); where a text names an instrument and then something that is neither
its total nor one of its items, it is not understood.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

import msgspec

from fhir_mappings.catalogue import FOLDER, read_csv, read_yaml
from fhir_mappings.phrases import Phrase, from_data
from fhir_mappings.text_rules import folded
from fhir_mappings.unit_spelling import fold

POINTS = "{score}"


class InstrumentMatch(msgspec.Struct, frozen=True):
    """What a recorded value belongs to.

    Attributes:
        instrument: name of the criterion input or form (``sledai_2k``, ``bilag_2004``, ``phq9``, ``nyha``).
        item: an item of it (``arthritis``, ``item-9``); ``None`` for the total or the whole form.
        domain: for BILAG, the organ system (``renal``).
        by_text: words say so, not a code.
    """

    instrument: str
    item: str | None = None
    domain: str | None = None
    by_text: bool = False


class _Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: Phrase
    names: tuple[str, ...]
    unless: tuple[str, ...] = ()
    items: dict[str, tuple[str, ...]] = {}
    domains: dict[str, tuple[str, ...]] = {}
    bare: bool = True
    self_reported: bool = False


class Instruments(msgspec.Struct, frozen=True):
    """All instruments, by name, with the codes of those that have any.

    ``self_reported`` are those that patients fill in themselves.
    """

    labels: Mapping[str, str]
    by_code: Mapping[str, InstrumentMatch]
    patterns: tuple[tuple[str, re.Pattern[str], _Instrument], ...]
    neutral: re.Pattern[str]
    units: frozenset[str]
    self_reported: frozenset[str]


@functools.cache
def instruments() -> Instruments:
    """The instruments from the shipped data."""
    raw = read_yaml(FOLDER / "codesets" / "instruments.yaml")
    defined = {name: from_data(entry, _Instrument) for name, entry in raw["instruments"].items()}
    by_code = {str(code): msgspec.convert(entry, InstrumentMatch) for code, entry in raw["codes"].items()}
    for row in read_csv(FOLDER / "codesets" / "loinc.csv"):
        if row["target"].startswith("score_"):
            item = None if row["role"] == "panel" else row["role"]
            by_code[row["code"]] = InstrumentMatch(row["target"].removeprefix("score_"), item)
    return Instruments(
        labels={name: entry.label for name, entry in defined.items()},
        by_code=by_code,
        patterns=tuple(
            (name, re.compile("|".join(entry.names), re.ASCII), entry) for name, entry in defined.items()
        ),
        neutral=re.compile("|".join(raw["neutral"]), re.ASCII),
        units=_spellings_of_points(),
        self_reported=frozenset(name for name, entry in defined.items() if entry.self_reported),
    )


def is_in_points(*spellings: str | None) -> bool:
    """Whether a number can be points of a score: its unit, by code or display, says so or is not given."""
    given = [spelling for spelling in spellings if spelling]
    return not given or any(fold(spelling) in instruments().units for spelling in given)


def _spellings_of_points() -> frozenset[str]:
    unit = read_yaml(FOLDER / "analytes" / "units.yaml")[POINTS]
    return frozenset(fold(spelling) for spelling in (POINTS, *unit["aliases"]))


@functools.lru_cache(maxsize=16384)
def instrument_of_text(text: str) -> InstrumentMatch | None:
    """The instrument that a text names, with the item or domain of it; ``None`` if it is not understood."""
    whole = folded(text)
    known = instruments()
    for name, pattern, entry in known.patterns:
        match = pattern.search(whole)
        if match is None or any(re.search(forbidden, whole, re.ASCII) for forbidden in entry.unless):
            continue
        rest = f"{whole[: match.start()].strip()} {whole[match.end() :].strip()}".strip()
        return _part_of(name, entry, rest, known.neutral)
    return None


def _part_of(name: str, entry: _Instrument, rest: str, neutral: re.Pattern[str]) -> InstrumentMatch | None:
    domain = _named(entry.domains, rest)
    item = _named(entry.items, rest)
    if item is not None or domain is not None:
        return InstrumentMatch(name, item, domain, by_text=True)
    unexplained = neutral.sub(" ", rest).strip(" .#=0123456789")
    return None if unexplained else InstrumentMatch(name, by_text=True)


def _named(parts: Mapping[str, tuple[str, ...]], rest: str) -> str | None:
    found = [(len(word), part) for part, words in parts.items() for word in words if _stands_in(word, rest)]
    return max(found)[1] if found else None


def _stands_in(word: str, text: str) -> bool:
    key = folded(word)
    if key[0].isascii():
        return re.search(rf"(?<![a-z0-9]){re.escape(key)}(?:e?s)?(?![a-z0-9])", text) is not None
    return key in text
