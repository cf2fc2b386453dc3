"""FHIR R4 resources, as a typed subset: only the elements that some fact is read from.

Nothing is required, whatever the specification says. Elements that are not named here are not looked at.
"""

from __future__ import annotations

from fhir_mappings.resources.base import Extension, Resource
from fhir_mappings.resources.clinical import (
    AllergyIntolerance,
    Attachment,
    Component,
    Condition,
    ConditionStage,
    Device,
    DiagnosticReport,
    Encounter,
    EncounterDiagnosis,
    Hospitalization,
    Immunization,
    Observation,
    Patient,
    PatientLink,
    Procedure,
    Reaction,
    ReferenceRange,
    Specimen,
    SpecimenCollection,
    Valued,
)
from fhir_mappings.resources.medication import (
    DispenseRequest,
    Medicated,
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
    Substance,
)
from fhir_mappings.resources.planning import (
    Appointment,
    CarePlan,
    Participant,
    PlannedActivity,
    PlannedDetail,
    ServiceRequest,
)
from fhir_mappings.resources.research import (
    AnswerCoding,
    Consent,
    ConsentProvision,
    QuestionnaireAnswer,
    QuestionnaireItem,
    QuestionnaireResponse,
    ResearchArm,
    ResearchStudy,
    ResearchSubject,
    Weight,
)

AnyResource = (
    Patient | Observation | Condition | MedicationStatement | MedicationRequest | MedicationAdministration
    | MedicationDispense | Medication | Procedure | AllergyIntolerance | Immunization | Encounter
    | DiagnosticReport | ResearchSubject | ResearchStudy | QuestionnaireResponse | Consent | ServiceRequest
    | Device | Appointment | CarePlan | Specimen | Substance
)  # fmt: skip
"""Every resource that some fact is read from."""

RESOURCES: dict[str, type[AnyResource]] = {
    kind.__name__: kind
    for kind in (
        Patient, Observation, Condition, MedicationStatement, MedicationRequest, MedicationAdministration,
        MedicationDispense, Medication, Procedure, AllergyIntolerance, Immunization, Encounter,
        DiagnosticReport, ResearchSubject, ResearchStudy, QuestionnaireResponse, Consent, ServiceRequest,
        Device, Appointment, CarePlan, Specimen, Substance,
    )
}  # fmt: skip
"""By resource type."""

__all__ = [
    "RESOURCES",
    "AllergyIntolerance",
    "AnswerCoding",
    "AnyResource",
    "Appointment",
    "Attachment",
    "CarePlan",
    "Component",
    "Condition",
    "ConditionStage",
    "Consent",
    "ConsentProvision",
    "Device",
    "DiagnosticReport",
    "DispenseRequest",
    "Encounter",
    "EncounterDiagnosis",
    "Extension",
    "Hospitalization",
    "Immunization",
    "Medicated",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Participant",
    "Patient",
    "PatientLink",
    "PlannedActivity",
    "PlannedDetail",
    "Procedure",
    "QuestionnaireAnswer",
    "QuestionnaireItem",
    "QuestionnaireResponse",
    "Reaction",
    "ReferenceRange",
    "ResearchArm",
    "ResearchStudy",
    "ResearchSubject",
    "Resource",
    "ServiceRequest",
    "Specimen",
    "SpecimenCollection",
    "Substance",
    "Valued",
    "Weight",
]
