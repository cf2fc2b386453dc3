"""The patient, findings, diagnoses and what was done."""

from __future__ import annotations

import msgspec

from fhir_mappings.datatypes import (
    Annotation,
    CodeableConcept,
    CodingType,
    Element,
    Identifier,
    Integer,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
    Timing,
)
from fhir_mappings.resources.base import Extension, Resource


class PatientLink(Element, frozen=True):
    """Patient.link."""

    other: Reference | None = None
    type: str | None = None


class Patient(Resource, frozen=True, kw_only=True):
    """Patient."""

    extension: tuple[Extension, ...] = ()
    active: bool | None = None
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    link: tuple[PatientLink, ...] = ()


class ReferenceRange(Element, frozen=True):
    """Observation.referenceRange."""

    low: Quantity | None = None
    high: Quantity | None = None
    type: CodeableConcept | None = None
    applies_to: tuple[CodeableConcept, ...] = ()
    age: Range | None = None
    text: str | None = None


class Valued(Element, frozen=True, kw_only=True):
    """The elements that Observation and Observation.component share."""

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: Integer | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    reference_range: tuple[ReferenceRange, ...] = ()


class Component(Valued, frozen=True, kw_only=True):
    """Observation.component."""


class Observation(Valued, frozen=True, kw_only=True):
    """Observation."""

    id: str | None = None
    identifier: tuple[Identifier, ...] = ()
    contained: tuple[msgspec.Raw, ...] = ()
    modifier_extension: tuple[Extension, ...] = ()
    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    focus: tuple[Reference, ...] = ()
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    effective_timing: Timing | None = None
    issued: str | None = None
    performer: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    specimen: Reference | None = None
    has_member: tuple[Reference, ...] = ()
    component: tuple[Component, ...] = ()


class ConditionStage(Element, frozen=True):
    """Condition.stage."""

    summary: CodeableConcept | None = None
    type: CodeableConcept | None = None


class Condition(Resource, frozen=True, kw_only=True):
    """Condition."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: str | None = None
    onset_age: Quantity | None = None
    onset_period: Period | None = None
    onset_range: Range | None = None
    onset_string: str | None = None
    abatement_date_time: str | None = None
    abatement_age: Quantity | None = None
    abatement_period: Period | None = None
    abatement_range: Range | None = None
    abatement_string: str | None = None
    abatement_boolean: bool | None = None
    recorded_date: str | None = None
    stage: tuple[ConditionStage, ...] = ()


class Procedure(Resource, frozen=True, kw_only=True):
    """Procedure."""

    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    performed_string: str | None = None
    performed_age: Quantity | None = None
    performed_range: Range | None = None


class Reaction(Element, frozen=True):
    """AllergyIntolerance.reaction."""

    substance: CodeableConcept | None = None
    manifestation: tuple[CodeableConcept, ...] = ()
    severity: str | None = None


class AllergyIntolerance(Resource, frozen=True, kw_only=True):
    """AllergyIntolerance."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str | None = None
    category: tuple[str, ...] = ()
    criticality: str | None = None
    code: CodeableConcept | None = None
    patient: Reference | None = None
    onset_date_time: str | None = None
    recorded_date: str | None = None
    reaction: tuple[Reaction, ...] = ()


class Immunization(Resource, frozen=True, kw_only=True):
    """Immunization."""

    status: str | None = None
    vaccine_code: CodeableConcept | None = None
    patient: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_string: str | None = None


class EncounterDiagnosis(Element, frozen=True):
    """Encounter.diagnosis."""

    condition: Reference | None = None


class Hospitalization(Element, frozen=True):
    """Encounter.hospitalization."""

    admit_source: CodeableConcept | None = None
    discharge_disposition: CodeableConcept | None = None


class Encounter(Resource, frozen=True, kw_only=True):
    """Encounter."""

    status: str | None = None
    class_: CodingType | None = msgspec.field(default=None, name="class")
    type: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    diagnosis: tuple[EncounterDiagnosis, ...] = ()
    hospitalization: Hospitalization | None = None


class Attachment(Element, frozen=True):
    """Attachment."""

    content_type: str | None = None
    data: str | None = None


class DiagnosticReport(Resource, frozen=True, kw_only=True):
    """DiagnosticReport."""

    identifier: tuple[Identifier, ...] = ()
    based_on: tuple[Reference, ...] = ()
    imaging_study: tuple[Reference, ...] = ()
    specimen: tuple[Reference, ...] = ()
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    result: tuple[Reference, ...] = ()
    conclusion: str | None = None
    conclusion_code: tuple[CodeableConcept, ...] = ()
    presented_form: tuple[Attachment, ...] = ()


class Device(Resource, frozen=True, kw_only=True):
    """Device."""

    status: str | None = None
    type: CodeableConcept | None = None
    patient: Reference | None = None


class SpecimenCollection(Element, frozen=True):
    """Specimen.collection."""

    collected_date_time: str | None = None
    collected_period: Period | None = None


class Specimen(Resource, frozen=True, kw_only=True):
    """Specimen."""

    status: str | None = None
    collection: SpecimenCollection | None = None
