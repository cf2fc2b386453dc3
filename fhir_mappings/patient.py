"""From resources to the facts of a patient, or of each patient of a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fhir_mappings.bundles import Document, Source, bare, read_resource, split_documents
from fhir_mappings.errors import (
    InputError,
    NoPatientError,
    PatientMismatchError,
    SeveralPatientsError,
    UnreadableInputError,
)
from fhir_mappings.facts import Measurement, Retrieval, Unread, Unusable
from fhir_mappings.patient_facts import RETRIEVAL_ORDER, PatientFacts
from fhir_mappings.reading.allergies import read_allergy
from fhir_mappings.reading.care import (
    read_device,
    read_encounter,
    read_immunization,
    read_order,
    read_procedure,
    read_report,
)
from fhir_mappings.reading.conditions import read_condition
from fhir_mappings.reading.demographics import is_deceased, read_birth_date, read_sex
from fhir_mappings.reading.medications import (
    read_administration,
    read_dispense,
    read_request,
    read_statement,
)
from fhir_mappings.reading.observations import read_observation
from fhir_mappings.reading.questionnaires import read_response
from fhir_mappings.reading.research import read_consent, read_participation
from fhir_mappings.reading.sheet import Pool, Sheet
from fhir_mappings.resources import RESOURCES, Patient
from fhir_mappings.terminology import load_terminology

Reader = Callable[[Any, str, Sheet], None]

# Observations first: doses per kg need a weight.
READERS: dict[str, Reader] = {
    "Observation": read_observation,
    "Condition": read_condition,
    "MedicationStatement": read_statement,
    "MedicationRequest": read_request,
    "MedicationAdministration": read_administration,
    "MedicationDispense": read_dispense,
    "Procedure": read_procedure,
    "AllergyIntolerance": read_allergy,
    "Immunization": read_immunization,
    "Encounter": read_encounter,
    "DiagnosticReport": read_report,
    "ResearchSubject": read_participation,
    "QuestionnaireResponse": read_response,
    "Consent": read_consent,
    "ServiceRequest": read_order,
    "Device": read_device,
}
_HOLDERS = ("subject", "patient", "individual")


def read_patients(body: bytes, *, retrieved: Collection[str] | None = None) -> list[PatientFacts]:
    """The facts of each patient of a file: a Bundle, a resource, or NDJSON with one of these on each line.

    What is given counts as the whole record, except that resource types not among ``retrieved`` (if that is
    given), cut-off pages and failed searches do not. Single resources on lines belong together by their
    references; a Bundle stands for itself.

    Raises:
        UnreadableInputError: not JSON, not FHIR, or empty.
        NoPatientError: no Patient in it.
    """
    documents = split_documents(body)
    default: Retrieval = "complete" if retrieved is None else "not-asked"
    states: dict[str, Retrieval] = dict.fromkeys(retrieved or (), "complete")
    loose = Document()
    found: list[PatientFacts] = []
    for document in documents:
        if document.bundle:
            found += _patients_of(document, states, default)
        else:
            loose.sources += document.sources
            loose.unread += document.unread
    if loose.sources:
        found += _patients_of(loose, states, default)
    elif loose.unread and found:
        found[0].unread = [*found[0].unread, *loose.unread]
    if not found:
        raise NoPatientError("no Patient is in the input; a Patient resource is needed")
    return found


def read_patient(
    resources: Iterable[bytes | msgspec.Raw],
    *,
    patient_id: str | None,
    retrieval: Mapping[str, Retrieval],
    default_retrieval: Retrieval,
) -> PatientFacts:
    """The facts of one patient from resources and Bundles that were gathered for this patient.

    Args:
        resources: each a resource or a Bundle of any type.
        patient_id: id of the Patient that is asked for; ``None`` for whichever is there.
        retrieval: how far each resource type was retrieved; cut-off pages and failed searches make it worse.
        default_retrieval: the state of the types that are not named.

    Raises:
        NoPatientError: no Patient among the resources.
        PatientMismatchError: the Patient is another one.
        SeveralPatientsError: there are resources of another patient.
    """
    document = Document(bundle=True)
    for raw in resources:
        read_resource(raw, document)
    patients = {source.reference: source for source in document.sources if source.kind == "Patient"}
    if not patients:
        raise NoPatientError("no Patient is among the resources")
    if len(patients) > 1:
        raise SeveralPatientsError("there are several Patients among the resources; one is needed")
    (patient,) = patients.values()
    if patient_id is not None and patient.id != patient_id:
        raise PatientMismatchError("the Patient among the resources is not the one asked for")
    pool = Pool(_distinct(document.sources))
    grouped, strangers, nobodys = _grouped(pool)
    if strangers:
        kind = next(iter(strangers.values()))[0].kind
        raise SeveralPatientsError(f"a {kind} among the resources is of another patient than the Patient")
    own = [*grouped.get(patient.reference, []), *nobodys]
    return _facts(pool, patient, own, document, retrieval, default_retrieval)


def _patients_of(
    document: Document, states: Mapping[str, Retrieval], default: Retrieval
) -> list[PatientFacts]:
    """The patients of one pool of resources, each with what refers to them."""
    pool = Pool(_distinct(document.sources))
    patients = [source for source in pool.sources if source.kind == "Patient"]
    if not patients:
        return []
    grouped, strangers, nobodys = _grouped(pool)
    found: list[PatientFacts] = []
    for position, patient in enumerate(patients):
        own = list(grouped.get(patient.reference, ()))
        if len(patients) == 1:
            own += nobodys
        facts = _facts(pool, patient, own, document, states, default)
        if position > 0:
            facts.unread = [u for u in facts.unread if u not in document.unread]
        found.append(facts)
    lost = [source for sources in strangers.values() for source in sources]
    if len(patients) > 1:
        lost += nobodys
    told = [Unread(source.reference, "its patient is not in the input") for source in lost]
    found[0].unread = [*found[0].unread, *told]
    return found


def _distinct(sources: Sequence[Source]) -> list[Source]:
    """The resources without those that were sent twice, word for word or by one id."""
    seen: dict[str, Source] = {}
    kept: list[Source] = []
    for source in sources:
        if source.id is not None:
            first = seen.setdefault(source.reference, source)
            if first is not source and bytes(first.raw) == bytes(source.raw):
                continue
        kept.append(source)
    return kept


def _grouped(pool: Pool) -> tuple[dict[str, list[Source]], dict[str, list[Source]], list[Source]]:
    """Resources by the Patient whose they are; those of patients not at hand; those that name nobody."""
    known = {source.reference for source in pool.sources if source.kind == "Patient"}
    grouped: dict[str, list[Source]] = {}
    strangers: dict[str, list[Source]] = {}
    nobodys: list[Source] = []
    for source in pool.sources:
        if source.kind not in READERS:
            continue
        holder = _holder(pool, source)
        if holder is None:
            nobodys.append(source)
        elif holder in known:
            grouped.setdefault(holder, []).append(source)
        else:
            strangers.setdefault(holder, []).append(source)
    return grouped, strangers, nobodys


def _holder(pool: Pool, source: Source) -> str | None:
    """Reference of the patient that a resource is of, as far as it says."""
    resource = pool.decode(source)
    for name in _HOLDERS:
        reference = getattr(resource, name, None)
        if reference is None or not reference.reference or reference.reference.startswith("#"):
            continue
        target = pool.references.find(reference.reference)
        return target.reference if target is not None else bare(reference.reference)
    return None


def _facts(
    pool: Pool,
    patient: Source,
    own: Sequence[Source],
    document: Document,
    states: Mapping[str, Retrieval],
    default: Retrieval,
) -> PatientFacts:
    sheet = Sheet(load_terminology(), pool)
    sheet.unread += document.unread
    demographics = {}
    resource = pool.decode(patient)
    deceased = False
    if isinstance(resource, Patient):
        sheet.birth, born = read_birth_date(resource, patient.reference)
        sheet.sex, said = read_sex(resource, patient.reference)
        demographics = {k: v for k, v in (("birth_date", born), ("sex", said)) if v is not None}
        deceased = is_deceased(resource)
        if resource.active is False or any(link.type == "replaced-by" for link in resource.link):
            sheet.refuse(patient.reference, "the record is marked as inactive or merged into another")
    _tell_left_out(pool, patient, sheet)
    retrieval = dict(states)
    rank = list(READERS)
    for source in sorted(own, key=lambda s: rank.index(s.kind)):
        read = pool.decode(source)
        _tell_left_out(pool, source, sheet)
        if read is None:
            # What could not be read may be the very thing that is asked for: absence is no longer shown.
            _worsen(retrieval, source.kind, "truncated", default)
            continue
        READERS[source.kind](read, source.reference, sheet)
    for kind in RESOURCES:
        if kind in document.failed:
            _worsen(retrieval, kind, "failed", default)
        if kind in document.truncated:
            _worsen(retrieval, kind, "truncated", default)
    return PatientFacts(
        reference=patient.reference,
        birth_date=sheet.birth,
        sex=sheet.sex,
        deceased=deceased,
        demographics=demographics,
        measurements=_settled(sheet),
        unusable={name: _latest_first(items) for name, items in sheet.unusable.items()},
        events=tuple(sheet.events),
        assessments=tuple(sheet.assessments),
        answers=tuple(sheet.answers),
        retrieval=retrieval,
        default_retrieval=default,
        unread=list(dict.fromkeys(sheet.unread)),
    )


def _tell_left_out(pool: Pool, source: Source, sheet: Sheet) -> None:
    for reason in pool.left_out.get(source.reference, ()):
        sheet.refuse(source.reference, reason)


def _worsen(retrieval: dict[str, Retrieval], kind: str, state: Retrieval, default: Retrieval) -> None:
    known = retrieval.get(kind, default)
    retrieval[kind] = max(known, state, key=RETRIEVAL_ORDER.index)


def _settled(sheet: Sheet) -> dict[str, list[Measurement]]:
    """Results by input, latest first, without those that a later report corrected and without duplicates."""
    superseded = {id(result) for result in _superseded(sheet)}
    settled: dict[str, list[Measurement]] = {}
    for name, results in sheet.measurements.items():
        kept: dict[tuple[object, ...], Measurement] = {}
        for result in results:
            if id(result) not in superseded:
                key = (
                    result.when,
                    result.at,
                    result.value,
                    result.category,
                    result.reported_unit,
                    result.role,
                )
                kept.setdefault((*key, result.specimen, result.reported), result)
        settled[name] = sorted(kept.values(), key=_time, reverse=True)
    return settled


def _superseded(sheet: Sheet) -> Iterable[Measurement]:
    for correcting, identifiers in sheet.corrections:
        own = correcting.evidence[0].reference
        for result in sheet.measurements[correcting.input]:
            reference = result.evidence[0].reference
            if reference == own or any(result is c for c, _ in sheet.corrections):
                continue
            shared = identifiers & sheet.identifiers.get(reference, frozenset())
            same = result.when == correcting.when and result.at == correcting.at
            if shared or (same and result.specimen == correcting.specimen and result.role == correcting.role):
                yield result


def _time(measurement: Measurement) -> tuple[Any, ...]:
    at = measurement.at
    return (measurement.when.last, at.timestamp() if at is not None else 0.0)


def _latest_first(items: Sequence[Unusable]) -> list[Unusable]:
    return sorted(
        items, key=lambda item: item.when.last.toordinal() if item.when is not None else 0, reverse=True
    )


__all__ = [
    "InputError",
    "NoPatientError",
    "PatientMismatchError",
    "SeveralPatientsError",
    "UnreadableInputError",
    "read_patient",
    "read_patients",
]
