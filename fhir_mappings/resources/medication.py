"""Drugs: orders, dispenses, administrations, statements and products."""

from __future__ import annotations

from fhir_mappings.datatypes import (
    CodeableConcept,
    Dosage,
    Element,
    Ingredient,
    Integer,
    Period,
    Quantity,
    Reference,
)
from fhir_mappings.resources.base import Resource


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
    number_of_repeats_allowed: Integer | None = None
    expected_supply_duration: Quantity | None = None


class MedicationRequest(Medicated, frozen=True, kw_only=True):
    """MedicationRequest."""

    intent: str | None = None
    do_not_perform: bool | None = None
    authored_on: str | None = None
    prior_prescription: Reference | None = None
    dosage_instruction: tuple[Dosage, ...] = ()
    dispense_request: DispenseRequest | None = None


class MedicationAdministration(Medicated, frozen=True, kw_only=True):
    """MedicationAdministration."""

    effective_date_time: str | None = None
    effective_period: Period | None = None
    request: Reference | None = None
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


class Substance(Resource, frozen=True, kw_only=True):
    """Substance."""

    code: CodeableConcept | None = None
