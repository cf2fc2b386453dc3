"""Race and ethnicity, as US Core records them: told of whole populations, and of nobody's eligibility."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fhir_mappings.datatypes import CodingType, Element

RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
ETHNICITY = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity"
SEVERAL = "more than one"


class _Inner(Element, frozen=True):
    url: str | None = None
    value_coding: CodingType | None = None
    value_string: str | None = None


class _Outer(Element, frozen=True):
    url: str | None = None
    extension: tuple[_Inner, ...] = ()


class _Patient(Element, frozen=True):
    extension: tuple[_Outer, ...] = ()


_patient = msgspec.json.Decoder(_Patient)


def race_and_ethnicity(patients: Iterable[bytes]) -> tuple[str | None, str | None]:
    """The categories of OMB that the Patient resources of one person name; ``None`` where none is recorded.

    Several are ``SEVERAL``; where none is coded, the text counts. What cannot be read counts as not recorded.
    """
    told: dict[str, set[str]] = {RACE: set(), ETHNICITY: set()}
    for raw in patients:
        try:
            extensions = _patient.decode(raw).extension
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        for outer in extensions:
            if outer.url in told:
                told[outer.url] |= _categories(outer)
    return _only(told[RACE]), _only(told[ETHNICITY])


def _categories(outer: _Outer) -> set[str]:
    coded = {
        name
        for inner in outer.extension
        if inner.url == "ombCategory" and inner.value_coding is not None
        if (name := inner.value_coding.display or inner.value_coding.code)
    }
    if coded:
        return coded
    return {inner.value_string for inner in outer.extension if inner.url == "text" and inner.value_string}


def _only(found: set[str]) -> str | None:
    if len(found) > 1:
        return SEVERAL
    return next(iter(found), None)
