"""From resources to the facts of a patient, or of each patient of a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fhir_mappings.bundles import ANY_TYPE, Document, Page, read_resource, split_documents
from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.doses_at_odds import doses_at_odds
from fhir_mappings.errors import (
    InputError,
    NoPatientError,
    PatientMismatchError,
    SeveralPatientsError,
    UnreadableInputError,
)
from fhir_mappings.facts import Entered, Refutation, Retrieval, Unread
from fhir_mappings.gathering import Group, Holder, gather, group_of
from fhir_mappings.patient_facts import RETRIEVAL_ORDER, PatientFacts
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.allergies import read_allergy
from fhir_mappings.reading.conditions import read_condition
from fhir_mappings.reading.demographics import read_demographics
from fhir_mappings.reading.denials import doubted_where_not_given, without_denied
from fhir_mappings.reading.encounters import read_encounter
from fhir_mappings.reading.entered import entered_of
from fhir_mappings.reading.immunizations import read_immunization
from fhir_mappings.reading.medications import (
    read_administration,
    read_dispense,
    read_request,
    read_statement,
)
from fhir_mappings.reading.observations import read_observation
from fhir_mappings.reading.orders import read_appointment, read_care_plan, read_device, read_order
from fhir_mappings.reading.procedures import read_procedure
from fhir_mappings.reading.questionnaires import read_response
from fhir_mappings.reading.reports import read_report
from fhir_mappings.reading.research import read_consent, read_participation, with_last_doses
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.reading.terms import tells
from fhir_mappings.references import Source, in_order, names_of
from fhir_mappings.resources import RESOURCES, AnyResource, Patient
from fhir_mappings.same_events import active_though_over, refuted_elsewhere, without_copies
from fhir_mappings.settling import settle
from fhir_mappings.stated_stops import stops_at_odds, with_other_words
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
    "Appointment": read_appointment,
    "CarePlan": read_care_plan,
    "Device": read_device,
}
# What could not be read of these leaves a question open by itself; of the others, it leaves a history open.
_ANSWERS = frozenset({"Observation", "QuestionnaireResponse", "Consent"})
UNEXPECTED = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What malformed values can raise; not MemoryError or the like, which are no fault of one resource."""

_RANK = {kind: rank for rank, kind in enumerate(READERS)}


def read_patients(body: bytes, *, retrieved: Collection[str] | None = None) -> list[PatientFacts]:
    """The facts of each patient of a file: a Bundle, a resource, or NDJSON with one of these on each line.

    What is given counts as the whole record, except that resource types not among ``retrieved`` (if that is
    given), cut-off pages, failed searches and what could not be read do not. Whose a resource is,
    ``fhir_mappings.gathering`` tells. Resources of no patient in the file are ``unread`` of the first.

    Raises:
        UnreadableInputError: not JSON, not FHIR, or empty.
        NoPatientError: no Patient in it.
    """
    groups, rest = gather(split_documents(body), READERS)
    if not groups:
        raise NoPatientError("no Patient is in the input; a Patient resource is needed")
    default: Retrieval = "complete" if retrieved is None else "not-asked"
    states: dict[str, Retrieval] = dict.fromkeys(retrieved or (), "complete")
    found = []
    for group in groups:
        documents = (group.document,) if group is rest else (group.document, rest.document)
        pages = [page for document in documents for page in document.pages]
        others = group.others if group is rest else [*group.others, *rest.others]
        # With one patient only, what names nobody is taken for the patient's.
        alone = len(group.patients) == 1
        for patient in group.patients:
            own = [*group.owned.get(patient.reference, ()), *(group.nobodys if alone else ())]
            found.append(_facts(group, patient, own, others, pages, states, default))
    first = found[0]
    first.unread = [*first.unread, *_belonging_to_none(groups, rest)]
    return found


def _belonging_to_none(groups: Sequence[Group], rest: Group) -> list[Unread]:
    told = [unread for group in groups for unread in group.document.unread]
    lost = [(source, holder.why or "") for group in groups for source, holder in group.others]
    for group in (*groups, rest):
        if len(group.patients) != 1:
            lost += [(source, phrase("patient.it-names-no-patient")) for source in group.nobodys]
    if rest not in groups:
        told += rest.document.unread
        lost += [(source, holder.why or "") for source, holder in rest.others]
    return [*told, *(Unread(source.reference, why) for source, why in lost)]


def read_patient(
    resources: Iterable[bytes | msgspec.Raw],
    *,
    patient_id: str | None,
    retrieval: Mapping[str, Retrieval],
    default_retrieval: Retrieval,
) -> PatientFacts:
    """The facts of one patient from resources and Bundles that were gathered for this patient.

    Args:
        resources: each a resource or a Bundle of any type; JSON null is none.
        patient_id: id of the Patient that is asked for; ``None`` for whichever is there.
        retrieval: how far each resource type was retrieved; cut-off pages, failed searches and resources that
            cannot be read make it worse.
        default_retrieval: the state of the types that are not named.

    Raises:
        NoPatientError: no Patient among the resources.
        PatientMismatchError: the Patient is another one.
        SeveralPatientsError: there are resources that are surely of another patient.
    """
    document = Document(bundle=True)
    for raw in resources:
        if bytes(raw) != b"null":
            read_resource(raw, document)
    group = group_of(document, frozenset(READERS), None)
    names = {source.reference for source in group.patients}
    if not names:
        raise NoPatientError("no Patient is among the resources")
    if len(names) > 1:
        raise SeveralPatientsError("there are several Patients among the resources; one is needed")
    patient = group.patients[-1]
    if patient_id is not None and patient.id != patient_id:
        raise PatientMismatchError("the Patient among the resources is not the one asked for")
    for source, holder in group.others:
        if holder.stranger and not holder.perhaps:
            raise SeveralPatientsError(f"{source.reference} is of another patient than {patient.reference}")
    own = [*group.owned.get(patient.reference, ()), *group.nobodys]
    facts = _facts(group, patient, own, group.others, document.pages, retrieval, default_retrieval)
    others = [Unread(source.reference, holder.why or "") for source, holder in group.others]
    facts.unread = [*facts.unread, *document.unread, *others]
    return facts


def _facts(
    group: Group,
    patient: Source,
    own: Sequence[Source],
    others: Sequence[tuple[Source, Holder]],
    pages: Sequence[Page],
    states: Mapping[str, Retrieval],
    default: Retrieval,
) -> PatientFacts:
    sheet = Sheet(load_terminology(), group.pool, frozenset(names_of(patient)))
    searched, unreadable = _States(states, default), set[str]()
    copies: list[Patient] = []
    entered: dict[str, Entered] = {}
    for source in group.copies.get(patient.reference, (patient,)):
        resource, left_out = group.pool.read(source)
        sheet.unread += [Unread(source.reference, reason) for reason in left_out]
        if isinstance(resource, Patient):
            copies.append(resource)
    demographics, deceased = read_demographics(copies, patient.reference, sheet)
    for source in sorted(in_order(own), key=_rank):
        read, left_out = group.pool.read(source)
        sheet.unread += [Unread(source.reference, reason) for reason in left_out]
        told = entered_of(read, source.version) if read is not None else None
        if told is not None:
            entered[source.reference] = told
        refused = len(sheet.unread)
        failed = read is not None and not _read(source, read, sheet)
        if read is None or failed or (len(sheet.unread) > refused and source.kind not in _ANSWERS):
            # It may be the very thing that is asked for: that nothing of the kind was found shows nothing.
            unreadable.add(source.kind)
    searched.judge(pages, patient.reference, {source.kind for source in own})
    for source, holder in others:
        if holder.perhaps:
            # It may be the newest of its kind, or the only one.
            searched.worsen(source.kind, "truncated")
    retrieval = _States(searched.states, default)
    for kind in unreadable:
        retrieval.worsen(kind, "truncated")
    sheet.refuse_unnamed()
    sheet.tell_lacking()
    settled = settle(sheet.results)
    standing, corrected = sheet.standing_events()
    taken = doubted_where_not_given(without_denied(standing, sheet.denials), sheet.not_given)
    events, copied = without_copies(taken, {source.reference: source for source in own})
    refuted = refuted_elsewhere(events, sheet.refuted)
    at_odds = (*active_though_over(events), *doses_at_odds(events), *stops_at_odds(events))
    conflicts = (*settled.conflicts, *corrected, *copied, *refuted, *at_odds)
    return PatientFacts(
        reference=patient.reference,
        birth_date=sheet.birth,
        sex=sheet.sex,
        deceased=deceased,
        demographics=demographics,
        measurements=settled.usable,
        unusable=settled.unusable,
        conflicts=conflicts,
        events=(*with_last_doses(with_other_words(events)), *_refutations(sheet)),
        unnamed=tuple(sheet.unnamed),
        assessments=tuple(sheet.assessments),
        answers=tuple(sheet.answers),
        entered=entered,
        retrieval=retrieval.states,
        searched=searched.states,
        default_retrieval=default,
        unread=list(dict.fromkeys([*sheet.unread, *sheet.doubted])),
    )


def _refutations(sheet: Sheet) -> list[Refutation]:
    return [
        Refutation(
            reference=one.reference,
            concepts=one.concepts,
            label=one.label,
            start=one.start,
            evidence=one.evidence,
        )
        for one in sheet.refuted
    ]


def _read(source: Source, resource: AnyResource, sheet: Sheet) -> bool:
    """Put down what a resource says; whether that could be done."""
    before = sheet.lengths()
    resource = _without_withheld(resource)
    try:
        READERS[source.kind](resource, source.reference, sheet)
    except UNEXPECTED as error:
        # No reader is meant to raise. If one does, on a value that nobody thought of, then only this resource
        # is lost, and told as lost: the rest of the chart must still be judged. What the message of an
        # exception says may be of the patient, so its type alone is told.
        sheet.cut_back(before)
        sheet.refuse(source.reference, phrase("patient.could-not-be-read", type=type(error).__name__))
        return False
    return True


_CODES = ("code", "medication_codeable_concept")


def _without_withheld(resource: AnyResource) -> AnyResource:
    """A resource whose code was withheld, or says nothing, is one without a code."""
    for name in _CODES:
        concept = getattr(resource, name, None)
        if isinstance(concept, CodeableConcept) and not tells(concept):
            resource = msgspec.structs.replace(resource, **{name: None})
    return resource


def _rank(source: Source) -> int:
    return _RANK[source.kind]


class _States:
    """How far each resource type was retrieved; it only ever gets worse."""

    def __init__(self, states: Mapping[str, Retrieval], default: Retrieval) -> None:
        self.states = dict(states)
        self._default = default

    def worsen(self, kind: str, state: Retrieval) -> None:
        known = self.states.get(kind, self._default)
        self.states[kind] = max(known, state, key=RETRIEVAL_ORDER.index)

    def judge(self, pages: Sequence[Page], patient: str, present: set[str]) -> None:
        """Take the searches into account, as far as they concern the patient."""
        here = {page.own_url for page in pages if page.own_url is not None}
        for page in pages:
            if page.of is not None and page.of != patient:
                continue
            state: Retrieval | None = "failed" if page.failed else None
            if state is None and page.is_cut(here):
                state = "truncated"
            if state is not None:
                for kind in page.types - {ANY_TYPE}:
                    self.worsen(kind, state)
                if ANY_TYPE in page.types:
                    for kind in RESOURCES.keys() - present:
                        self.worsen(kind, state)


__all__ = [
    "InputError",
    "NoPatientError",
    "PatientMismatchError",
    "SeveralPatientsError",
    "UnreadableInputError",
    "read_patient",
    "read_patients",
]
