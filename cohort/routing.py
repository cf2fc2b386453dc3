"""Whose a line of bulk data is, told from the line alone: the key by which lines are brought together."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from fhir_mappings.bundles import read_document
from fhir_mappings.datatypes import Element, Identifier, Reference
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.gathering import HOLDERS
from fhir_mappings.references import bare
from fhir_mappings.resources import RESOURCES, PatientLink

SHARED: Final = ("Medication", "Substance", "ResearchStudy")
"""Resource types that belong to nobody and that resources of patients refer to."""

OF_THE_HOUSE: Final = ("Device", "Specimen")
"""Resource types of which many belong to nobody."""

NAMES_NOBODY: Final = "it names no patient"

_WANTED = re.compile(rb'"(?:[^"\s]*/)?((?:Medication|Substance|ResearchStudy)/[A-Za-z0-9.-]{1,64})(?=["/])')
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_ID = re.compile(rb'"id"\s*:\s*"([^"/\s]+)"')
_PATIENT = re.compile(rb'"reference"\s*:\s*"(?:[^"]*/)?Patient/([^"/|#\s]+)["/|#]')


class Routed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a line belongs.

    Attributes:
        kind: its resource type, as far as that can be told.
        name: ``Type/id``, where it has an id.
        patient: whose it is, as ``Patient/ID``; of a Patient its own name.
        shared: it belongs to nobody, and others may refer to it.
        wants: the shared resources that it refers to, as ``Type/id``.
        aliases: of a Patient, the names of records that were merged into this one.
        identifiers: of a Patient, its own; of what names its patient by identifier alone, that. Each as
            ``system|value``.
        others: further patients whom the words of a line name that cannot be read.
        fault: why the line cannot be read; a patient is told nevertheless, where its words name one.
        used: whether any fact is read from resources of its type.
    """

    kind: str | None = None
    name: str | None = None
    patient: str | None = None
    shared: bool = False
    wants: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    fault: str | None = None
    used: bool = True

    @property
    def is_nobodys(self) -> bool:
        """Whether it can be read and names nobody and nothing that it is about."""
        return self.fault == NAMES_NOBODY or (not self.used and self.kind in OF_THE_HOUSE)


class _Line(Element, frozen=True):
    resource_type: str | None = None
    id: str | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    individual: Reference | None = None
    participant: tuple[_Participant, ...] = ()
    link: tuple[PatientLink, ...] = ()
    identifier: msgspec.Raw = msgspec.Raw(b"null")


class _Participant(Element, frozen=True):
    actor: Reference | None = None


_line = msgspec.json.Decoder(_Line)
_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


def route(raw: bytes) -> Routed:
    """Where a line belongs: a resource, or a Bundle of one patient. Never raises on bad data."""
    try:
        line = _line.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Of another shape than FHIR's, or no JSON: its words tell whose it is; whoever reads it mends it.
        return _by_words(raw)
    kind = line.resource_type
    if not kind:
        return _by_words(raw)
    if kind == "Bundle":
        return Routed(kind=kind)
    name = f"{kind}/{line.id}" if line.id else None
    if kind not in RESOURCES:
        return Routed(kind=kind, name=name, used=False)
    wants = _wanted(raw)
    if kind == "Patient":
        if name is None:
            return Routed(kind=kind, fault="a Patient without an id: nothing can refer to it")
        replaced = (link.other for link in line.link if link.type == "replaces")
        aliases = tuple(bare(other.reference) for other in replaced if other and other.reference)
        return Routed(kind=kind, name=name, patient=name, aliases=aliases, identifiers=_own(line.identifier))
    if kind in SHARED:
        return Routed(kind=kind, name=name, shared=True, wants=wants)
    return _of_someone(line, kind, name, wants)


def _of_someone(line: _Line, kind: str, name: str | None, wants: tuple[str, ...]) -> Routed:
    told = [reference for field in HOLDERS if (reference := getattr(line, field)) is not None]
    told += [one.actor for one in line.participant if one.actor is not None and kind == "Appointment"]
    for reference in told:
        target = bare(reference.reference or "")
        if target.startswith("Patient/"):
            return Routed(kind=kind, name=name, patient=target, wants=wants)
    for reference in told:
        if not reference.reference and reference.identifier is not None:
            pair = _pair(reference.identifier)
            if pair:
                return Routed(kind=kind, name=name, identifiers=(pair,), wants=wants)
    if kind in OF_THE_HOUSE:
        return Routed(kind=kind, name=name, used=False)  # of nobody: supplies of the house
    literal = next((reference.reference for reference in told if reference.reference), None)
    fault = f"it is about {bare(literal)}" if literal else NAMES_NOBODY
    return Routed(kind=kind, name=name, fault=fault)


def _by_words(raw: bytes) -> Routed:
    """A line that cannot be decoded as it is: perhaps of a shape that can be mended, perhaps no JSON."""
    kind = _TYPE.search(raw)
    word = kind[1].decode() if kind is not None else None
    fault: str | None = None
    try:
        read_document(raw)
    except UnreadableInputError as error:
        fault = str(error)
    if word == "Bundle" and fault is None:
        return Routed(kind=word)
    named = [f"Patient/{found.decode('utf-8', 'replace')}" for found in _PATIENT.findall(raw)]
    own = _ID.search(raw)
    name = f"{word}/{own[1].decode('utf-8', 'replace')}" if word and own is not None else None
    if word == "Patient" and name is not None:
        named.insert(0, name)
    patients = list(dict.fromkeys(named))
    if fault is None and not patients and word not in SHARED:
        fault = NAMES_NOBODY
    used = word is None or word in RESOURCES or word == "Bundle"
    return Routed(
        kind=word,
        name=name,
        patient=patients[0] if patients else None,
        others=tuple(patients[1:]) if fault is not None else (),
        shared=fault is None and word in SHARED,
        wants=_wanted(raw),
        fault=fault if used else None,
        used=used,
    )


def _wanted(raw: bytes) -> tuple[str, ...]:
    if b"Medication/" not in raw and b"Substance/" not in raw and b"ResearchStudy/" not in raw:
        return ()
    return tuple(dict.fromkeys(found.decode() for found in _WANTED.findall(raw)))


def _own(raw: msgspec.Raw) -> tuple[str, ...]:
    try:
        pairs = [_pair(one) for one in _identifiers.decode(raw)] if bytes(raw) != b"null" else []
    except msgspec.MsgspecError:
        return ()
    return tuple(pair for pair in pairs if pair)


def _pair(identifier: Identifier) -> str | None:
    value = (identifier.value or "").strip()
    return f"{(identifier.system or '').strip()}|{value}" if value else None
