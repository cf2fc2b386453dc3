"""The words of dosages: what units, timing codes and routes mean. They are data: ``dosing.yaml``."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from fhir_mappings.datatypes import CodeableConcept

DOSING_FILE = Path(__file__).parent / "dosing.yaml"


class UnitSize(msgspec.Struct, frozen=True, gc=False):
    """What one unit measures and how much of it: ``mass`` in mg, ``volume`` in mL, ``time`` in days.

    A countable unit has its kind (``solid``, ``container``, ``puff``, ``piece`` or ``any``) and size 1.
    """

    kind: str
    size: float = 1.0


class Substance(msgspec.Struct, frozen=True):
    """Drugs that are forms of one active substance, and the code set of those whose form is not told."""

    forms: frozenset[str]
    unspecified: str

    @property
    def members(self) -> frozenset[str]:
        """All code sets of the substance."""
        return self.forms | {self.unspecified}


class DosingTerms(msgspec.Struct, frozen=True):
    """The contents of ``dosing.yaml``, turned round for look-up by spelling.

    Attributes:
        exact, folded: units by exact spelling, and by spelling in lower case without blanks.
        refused: spellings that mean different sizes in different places.
        body_sizes: per kg of weight, per m2 of surface.
        calendar: spellings of months and years.
        timing_codes: times and days of a timing code.
        routes: route by code or lower-case words.
        route_patterns: routes by what the words contain, in order of precedence.
        route_unstated: words that state no route.
        concept_routes: route by the code set that tells it.
        name_forms: route and the words of a product name that tell it, in order of precedence.
        one_substance: the active substances that have several forms.
    """

    exact: Mapping[str, UnitSize]
    folded: Mapping[str, UnitSize]
    refused: frozenset[str]
    body_sizes: Mapping[str, str]
    calendar: Mapping[str, str]
    period_days: Mapping[str, float]
    timing_codes: Mapping[str, tuple[float, float]]
    single_dose_codes: frozenset[str]
    meals: Mapping[str, int]
    parts_of_day: Mapping[str, str]
    weekdays: Mapping[str, int]
    routes: Mapping[str, str]
    route_patterns: tuple[tuple[str, re.Pattern[str]], ...]
    route_unstated: re.Pattern[str]
    systemic_routes: frozenset[str]
    local_routes: frozenset[str]
    concept_routes: Mapping[str, str]
    name_forms: tuple[tuple[str, tuple[str, ...]], ...]
    one_substance: tuple[Substance, ...]

    def unit(self, spelling: str) -> UnitSize | None:
        """The unit of that spelling, or ``None`` if it is not known or not safe to read."""
        text = unicodedata.normalize("NFKC", spelling).replace("μ", "u").strip()
        if text in self.refused:
            return None
        return self.exact.get(text) or self.folded.get(text.lower().replace(" ", ""))


@functools.cache
def dosing_terms() -> DosingTerms:
    """The words of dosages, read once."""
    raw: dict[str, Any] = yaml.safe_load(DOSING_FILE.read_text(encoding="utf-8"))
    exact: dict[str, UnitSize] = {}
    folded: dict[str, UnitSize] = {}
    for kind, table, per in (("mass", "mass_mg", 1), ("volume", "volume_ml", 1), ("time", "time_s", 86400)):
        exact |= {spelling: UnitSize(kind, size / per) for spelling, size in raw[table]["exact"].items()}
        folded |= {spelling: UnitSize(kind, size / per) for spelling, size in raw[table]["folded"].items()}
    for kind, spellings in (*raw["count"].items(), ("any", raw["count_any"])):
        folded |= {spelling: UnitSize(kind) for spelling in spellings}
    routes = {
        spelling.lower(): route
        for route, entry in raw["routes"].items()
        for spelling in (*entry["codes"], *entry["words"])
    }
    return DosingTerms(
        exact=exact,
        folded=folded,
        refused=frozenset(raw["refused"]),
        body_sizes=raw["body_size"],
        calendar=raw["calendar"],
        period_days=raw["period_days"],
        timing_codes={code: (float(n), float(days)) for code, (n, days) in raw["timing_codes"].items()},
        single_dose_codes=frozenset(raw["single_dose_codes"]),
        meals=raw["meals"],
        parts_of_day={code: part for part, codes in raw["parts_of_day"].items() for code in codes},
        weekdays=raw["weekdays"],
        routes=routes,
        route_patterns=tuple((route, re.compile(p, re.ASCII)) for route, p in raw["route_patterns"]),
        route_unstated=re.compile(raw["route_unstated"], re.ASCII),
        systemic_routes=frozenset(raw["systemic_routes"]),
        local_routes=frozenset(raw["local_routes"]),
        concept_routes=raw["concept_routes"],
        name_forms=tuple((route, tuple(words)) for route, words in raw["name_forms"]),
        one_substance=tuple(Substance(frozenset(s["forms"]), s["unspecified"]) for s in raw["one_substance"]),
    )


def route_of(concept: CodeableConcept | None) -> str | None:
    """The kind of route (see ``Exposure.route``), by code, else by words.

    ``other`` is also what is stated and not understood; ``None`` is what is not stated.
    """
    if concept is None:
        return None
    terms = dosing_terms()
    spellings = [c.code for c in concept.coding] + [c.display for c in concept.coding] + [concept.text]
    texts = [_plain(spelling) for spelling in spellings if spelling]
    stated = [text for text in texts if text and not terms.route_unstated.search(text)]
    for text in stated:
        if text in terms.routes:
            return terms.routes[text]
    for text in stated:
        for route, pattern in terms.route_patterns:
            if pattern.search(text):
                return route
    return "other" if stated else None


def _plain(spelling: str) -> str:
    text = unicodedata.normalize("NFKC", spelling).lower().strip()
    return re.sub(r"\s*\(qualifier value\)$", "", text)


def route_of_name(name: str | None) -> str | None:
    """The kind of route that a product's name tells by its dose form ("… 5 MG Oral Tablet" is oral)."""
    text = re.sub(r"[()\[\],;]|$", " ", unicodedata.normalize("NFKC", name or "").lower())
    for route, words in dosing_terms().name_forms:
        if any(_mentions(text, word) for word in words):
            return route
    return None


def _mentions(text: str, word: str) -> bool:
    return word in text if not word.isascii() else re.search(rf"\b{re.escape(word)}", text) is not None
