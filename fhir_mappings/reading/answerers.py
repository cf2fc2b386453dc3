"""Whose word the answers of a QuestionnaireResponse are: a clinician's, the patient's, or nobody's known."""

from __future__ import annotations

import re

from fhir_mappings.datatypes import Reference
from fhir_mappings.decoding import peek
from fhir_mappings.facts import AnsweredBy
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.resources import QuestionnaireResponse

_KINDS: dict[str, AnsweredBy] = {
    "Practitioner": "clinician",
    "PractitionerRole": "clinician",
    "Patient": "patient",
    "RelatedPerson": "patient",
    "Device": "other",
    "Organization": "other",
}
_TYPE = re.compile(rf"(?:^|/)({'|'.join(_KINDS)})/[^/]")


def answered_by(resource: QuestionnaireResponse, sheet: Sheet) -> tuple[str | None, AnsweredBy]:
    """Who answered, in words, and what kind of person that is.

    ``source`` is who answered and ``author`` who wrote it down (FHIR R4), so that a source counts before an
    author: what a nurse noted of the patient's words stays the patient's. Without a source, the author
    answered. Who is only named, without a reference or a type, may be anybody.
    """
    told = resource.source or resource.author
    if told is None:
        return None, "unstated"
    by = _kind_of(told, resource, sheet) or "unstated"
    return told.display or told.reference, by


def _kind_of(told: Reference, resource: QuestionnaireResponse, sheet: Sheet) -> AnsweredBy | None:
    reference = told.reference or ""
    if reference in sheet.patient:
        return "patient"
    if reference.startswith("#"):
        for raw in resource.contained:
            seen = peek(raw)
            if seen is not None and seen.id == reference[1:] and seen.resource_type is not None:
                return _KINDS.get(seen.resource_type)
        return None
    found = sheet.pool.references.find(reference)
    if found is not None:
        return _KINDS.get(found.kind)
    written = _TYPE.search(reference)
    kind = written[1] if written is not None else told.type
    return _KINDS.get(kind or "")
