"""FHIR R4 resources, as a typed subset: only the elements that some fact is read from.

Nothing is required, whatever the specification says. Elements that are not named here are not looked at.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fhir_mappings.datatypes import (
    Annotation,
    CodeableConcept,
    CodingType,
    Dosage,
    Element,
    Identifier,
    Ingredient,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
    Timing,
)


class Extension(Element, frozen=True):
    """Extension; only the values that we look at."""

    url: str | None = None
    value_code: str | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_boolean: bool | None = None
    extension: tuple[Extension, ...] = ()


class Resource(Element, frozen=True, kw_only=True):
    """Elements of every resource."""

    id: str | None = None
    identifier: tuple[Identifier, ...] = ()
    contained: tuple[msgspec.Raw, ...] = ()
    modifier_extension: tuple[Extension, ...] = ()
    implicit_rules: str | None = None


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
    value_integer: int | None = None
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


class Medicated(Resource, frozen=True, kw_only=True):
    """The elements that the medication resources share."""

    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None


class MedicationStatement(Medicated, frozen=True, kw_only=True):
    """MedicationStatement."""

    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    dosage: tuple[Dosage, ...] = ()


class DispenseRequest(Element, frozen=True):
    """MedicationRequest.dispenseRequest."""

    validity_period: Period | None = None
    number_of_repeats_allowed: int | None = None
    expected_supply_duration: Quantity | None = None


class MedicationRequest(Medicated, frozen=True, kw_only=True):
    """MedicationRequest."""

    intent: str | None = None
    do_not_perform: bool | None = None
    authored_on: str | None = None
    dosage_instruction: tuple[Dosage, ...] = ()
    dispense_request: DispenseRequest | None = None


class MedicationAdministration(Medicated, frozen=True, kw_only=True):
    """MedicationAdministration."""

    effective_date_time: str | None = None
    effective_period: Period | None = None
    dosage: Dosage | None = None


class MedicationDispense(Medicated, frozen=True, kw_only=True):
    """MedicationDispense."""

    when_prepared: str | None = None
    when_handed_over: str | None = None
    days_supply: Quantity | None = None
    dosage_instruction: tuple[Dosage, ...] = ()


class Medication(Resource, frozen=True, kw_only=True):
    """Medication."""

    code: CodeableConcept | None = None
    ingredient: tuple[Ingredient, ...] = ()


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

    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    conclusion: str | None = None
    conclusion_code: tuple[CodeableConcept, ...] = ()
    presented_form: tuple[Attachment, ...] = ()


class ResearchSubject(Resource, frozen=True, kw_only=True):
    """ResearchSubject."""

    status: str | None = None
    period: Period | None = None
    study: Reference | None = None
    individual: Reference | None = None
    consent: Reference | None = None


class ResearchArm(Element, frozen=True):
    """ResearchStudy.arm."""

    name: str | None = None
    description: str | None = None


class ResearchStudy(Resource, frozen=True, kw_only=True):
    """ResearchStudy."""

    title: str | None = None
    status: str | None = None
    phase: CodeableConcept | None = None
    primary_purpose_type: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    focus: tuple[CodeableConcept, ...] = ()
    keyword: tuple[CodeableConcept, ...] = ()
    description: str | None = None
    arm: tuple[ResearchArm, ...] = ()


class AnswerCoding(CodingType, frozen=True):
    """A coded answer, perhaps with the points that it stands for."""

    extension: tuple[Weight, ...] = ()


class Weight(Element, frozen=True):
    """The points of an answer: the extensions ordinalValue (R4) and itemWeight (R5)."""

    url: str | None = None
    value_decimal: Decimal | None = None


class QuestionnaireAnswer(Element, frozen=True):
    """QuestionnaireResponse.item.answer."""

    value_boolean: bool | None = None
    value_decimal: Decimal | None = None
    value_integer: int | None = None
    value_string: str | None = None
    value_coding: AnswerCoding | None = None
    value_quantity: Quantity | None = None
    extension: tuple[Weight, ...] = ()
    item: tuple[QuestionnaireItem, ...] = ()


class QuestionnaireItem(Element, frozen=True):
    """QuestionnaireResponse.item."""

    link_id: str | None = None
    text: str | None = None
    answer: tuple[QuestionnaireAnswer, ...] = ()
    item: tuple[QuestionnaireItem, ...] = ()


class QuestionnaireResponse(Element, frozen=True, kw_only=True):
    """QuestionnaireResponse. Its ``identifier`` is a single one, unlike elsewhere."""

    id: str | None = None
    identifier: Identifier | None = None
    contained: tuple[msgspec.Raw, ...] = ()
    modifier_extension: tuple[Extension, ...] = ()
    questionnaire: str | None = None
    status: str | None = None
    subject: Reference | None = None
    authored: str | None = None
    author: Reference | None = None
    item: tuple[QuestionnaireItem, ...] = ()


class ConsentProvision(Element, frozen=True):
    """Consent.provision."""

    type: str | None = None
    period: Period | None = None


class Consent(Resource, frozen=True, kw_only=True):
    """Consent."""

    status: str | None = None
    scope: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    patient: Reference | None = None
    date_time: str | None = None
    source_reference: Reference | None = None
    provision: ConsentProvision | None = None


class ServiceRequest(Resource, frozen=True, kw_only=True):
    """ServiceRequest."""

    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    authored_on: str | None = None


class Device(Resource, frozen=True, kw_only=True):
    """Device."""

    status: str | None = None
    type: CodeableConcept | None = None
    patient: Reference | None = None


AnyResource = (
    Patient | Observation | Condition | MedicationStatement | MedicationRequest | MedicationAdministration
    | MedicationDispense | Medication | Procedure | AllergyIntolerance | Immunization | Encounter
    | DiagnosticReport | ResearchSubject | ResearchStudy | QuestionnaireResponse | Consent | ServiceRequest
    | Device
)  # fmt: skip
"""Every resource that some fact is read from."""

RESOURCES: dict[str, type[AnyResource]] = {
    kind.__name__: kind
    for kind in (
        Patient, Observation, Condition, MedicationStatement, MedicationRequest, MedicationAdministration,
        MedicationDispense, Medication, Procedure, AllergyIntolerance, Immunization, Encounter,
        DiagnosticReport, ResearchSubject, ResearchStudy, QuestionnaireResponse, Consent, ServiceRequest,
        Device,
    )
}  # fmt: skip
"""By resource type."""
