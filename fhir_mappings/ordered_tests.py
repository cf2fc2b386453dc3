"""What an order of a test would measure: analytes, by the codes and words by which their results are read.

An order of a panel is one of its members.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import msgspec

from fhir_mappings.catalogue import FOLDER, CatalogueError, load_catalogue, read_yaml
from fhir_mappings.code_systems import code_in, system_of
from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.terminology import load_terminology
from fhir_mappings.text_rules import Lexicon, Rule


class _Panel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    codes: tuple[str, ...]
    members: tuple[str, ...]
    names: tuple[str, ...]
    source: str


class _Panels(msgspec.Struct, frozen=True):
    """Panels: the analytes of each, by name and by LOINC code, and their words."""

    analytes: Mapping[str, frozenset[str]]
    by_code: Mapping[str, frozenset[str]]
    words: Lexicon


def analyte_of_code(loinc: str) -> str | None:
    """The analyte that a LOINC code reports."""
    analyte = load_catalogue().by_code.get(code_in("loinc", loinc))
    return None if analyte is None else analyte.name


def ordered_analytes(order: CodeableConcept) -> frozenset[str]:
    """The analytes that an order is for; none if it is for something else, or cannot be understood.

    Codes speak first, as they do of results; words are asked where no code was understood.
    """
    codes = {
        code_in("loinc", code)
        for system, code in order.pairs
        if system and code and system_of(system) == "loinc"
    }
    panels = _panels()
    coded = frozenset[str]().union(*(panels.by_code.get(code, ()) for code in codes))
    coded |= {analyte for code in codes if (analyte := analyte_of_code(code)) is not None}
    if coded:
        return coded
    words = dict.fromkeys(text for text in (order.text, *(each.display for each in order.coding)) if text)
    terminology = load_terminology()
    found: set[str] = set()
    for text in words or (None,):
        match = terminology.analyte_of(order.pairs, text)
        if match is not None:
            found.add(match.analyte.name)
    if found:
        return frozenset(found)
    named = {hit.target for text in words for hit in panels.words.find(text) if hit.verdict == "certain"}
    return frozenset[str]().union(*(panels.analytes[name] for name in named))


@functools.cache
def _panels() -> _Panels:
    raw = read_yaml(FOLDER / "codesets" / "panels.yaml")
    panels = {name: msgspec.convert(each, _Panel) for name, each in raw.items()}
    analytes = {name: _members(name, panel) for name, panel in panels.items()}
    rules = {name: [Rule(names=panel.names)] for name, panel in panels.items()}
    by_code = {code: analytes[name] for name, panel in panels.items() for code in panel.codes}
    return _Panels(analytes, by_code, Lexicon(rules, "analyte", clauses=False))


def _members(name: str, panel: _Panel) -> frozenset[str]:
    found = {code: analyte_of_code(code) for code in panel.members}
    unknown = [code for code, analyte in found.items() if analyte is None]
    if unknown:
        raise CatalogueError(f"panels.yaml: {name}: no analyte has the code {', '.join(unknown)}")
    return frozenset(analyte for analyte in found.values() if analyte is not None)
