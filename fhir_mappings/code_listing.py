"""The codes of code sets and inputs with their displays, for people to look over."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import msgspec

from fhir_mappings.catalogue import load_catalogue, read_csv
from fhir_mappings.code_sets import DATA
from fhir_mappings.code_systems import code_in, system_of

FILES: Mapping[str, str] = {
    "icd10": "ICD-10",
    "snomed_gps": "SNOMED CT",
    "snomed_licensed": "SNOMED CT",
    "atc": "ATC",
    "rxnorm": "RxNorm",
    "cvx": "CVX",
    "icd10pcs": "ICD-10-PCS",
    "loinc": "LOINC",
}
"""The code set files, and the code system of each for people."""
_ORDERED = {
    "snomed_gps": "snomed",
    "snomed_licensed": "snomed",
    "atc": "atc",
    "rxnorm": "rxnorm",
    "cvx": "cvx",
    "icd10pcs": "icd10pcs",
}
_EDITIONS = {"cm": "ICD-10-CM", "who": "ICD-10 (WHO)"}


class ListedCode(msgspec.Struct, frozen=True):
    """One code. ``match``: how it is meant, empty for exactly this code (see ``code_sets``)."""

    system: str
    code: str
    display: str
    match: str = ""


def codes_of(concept: str) -> tuple[ListedCode, ...]:
    """The codes of a code set, by code system; RxNorm products are left to their ingredients."""
    return _listed().get(concept, ())


def codes_of_input(name: str) -> tuple[ListedCode, ...]:
    """The LOINC codes of an analyte; none for what is computed."""
    analyte = load_catalogue().analytes.get(name)
    return tuple(ListedCode("LOINC", c.code, c.display) for c in analyte.codes) if analyte else ()


def display_of(codings: Iterable[tuple[str | None, str | None]]) -> str | None:
    """The words that the code sets have for the first of these (system, code) that they know."""
    for uri, code in codings:
        system = system_of(uri) if uri else None
        if system is not None and code and (display := _displays().get((system, code_in(system, code)))):
            return display
    return None


@functools.cache
def _displays() -> dict[tuple[str, str], str]:
    """Of what is ordered: drugs, vaccines and procedures."""
    return {
        (system, code_in(system, row["code"])): row["display"]
        for name, system in _ORDERED.items()
        for row in read_csv(DATA / f"{name}.csv")
        if row["confidence"] != "recalled" and row.get("match", "") in ("", "exact")
    }


@functools.cache
def _listed() -> dict[str, tuple[ListedCode, ...]]:
    found: dict[str, list[ListedCode]] = {}
    for name, system in FILES.items():
        for row in read_csv(DATA / f"{name}.csv"):
            if row["confidence"] == "recalled":
                continue
            match = row.get("match", "")
            code = ListedCode(
                _EDITIONS.get(row.get("edition", ""), system),
                row["code"],
                row["display"],
                "" if match == "exact" else match,
            )
            found.setdefault(row.get("concept") or row.get("target", ""), []).append(code)
    return {name: tuple(codes) for name, codes in found.items()}


def units_of_input(name: str) -> tuple[str, ...]:
    """The units in which results of an analyte are read, in UCUM."""
    analyte = load_catalogue().analytes.get(name)
    return tuple(dict.fromkeys(rule.code for rule in analyte.units)) if analyte else ()
