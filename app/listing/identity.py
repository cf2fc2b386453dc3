"""Whom an entry is about: read from the Patient resource for a person who has to find the chart."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from app.listing.entries import Patient
from fhir_mappings.datatypes import CodeableConcept, Element

_RECORD_NUMBER = "MR"
"""HL7 v2 table 0203: medical record number."""
_MOST = 3


class _Name(Element, frozen=True):
    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: tuple[str, ...] = ()


class _Identifier(Element, frozen=True):
    use: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None


class _Patient(Element, frozen=True):
    resource_type: str = ""
    id: str | None = None
    name: tuple[_Name, ...] = ()
    birth_date: str | None = None
    identifier: tuple[_Identifier, ...] = ()


_DECODER = msgspec.json.Decoder(_Patient)


def identified(
    patient_id: str, client: str, fhir_server: str | None, resources: Iterable[bytes | msgspec.Raw]
) -> Patient:
    """The patient of that id; without a name where no Patient resource that can be read is at hand."""
    bare = Patient(patient_id=patient_id, client=client, fhir_server=fhir_server)
    for raw in resources:
        content = bytes(raw)
        if b'"Patient"' not in content:
            continue
        try:
            found = _DECODER.decode(content)
        except msgspec.MsgspecError:
            continue  # whoever works through the list still has the id
        if found.resource_type == "Patient" and found.id == patient_id:
            return msgspec.structs.replace(
                bare,
                name=_name(found.name),
                birth_date=found.birth_date,
                identifiers=_record_numbers(found.identifier),
            )
    return bare


def _name(names: tuple[_Name, ...]) -> str | None:
    told = [(one.use != "official", one.use == "old", text) for one in names if (text := _written(one))]
    return min(told)[2] if told else None


def _written(name: _Name) -> str:
    return name.text or " ".join(part for part in (*name.given, name.family) if part)


def _record_numbers(identifiers: tuple[_Identifier, ...]) -> tuple[str, ...]:
    """Those that are said to be record numbers; where none is, nothing: others may be of insurances."""
    return tuple(
        one.value
        for one in identifiers
        if one.value
        and one.use != "old"
        and one.type is not None
        and any(coding.code == _RECORD_NUMBER for coding in one.type.coding)
    )[:_MOST]
