"""Resources as a test writes them, and the facts that are read from them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, TypeVar

from fhir_mappings.facts import Event, Measurement, Unusable
from fhir_mappings.intervals import day
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
CVX = "http://hl7.org/fhir/sid/cvx"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

CREATININE = "2160-0"
CREATININE_MOLAR = "14682-9"
ALT = "1742-6"
HBSAG = "5196-1"
HBV_DNA = "42595-9"
HEMOGLOBIN = "718-7"
WEIGHT = "29463-7"
URINE_PROTEIN = "2888-6"
URINE_CREATININE = "2161-8"

JUNE = day(date(2026, 6, 1))
"""The day of what is written here without another."""

Json = dict[str, Any]
T = TypeVar("T", bound=Event)


def concept(code: str | None = None, system: str | None = None, text: str | None = None) -> Json:
    """A CodeableConcept with one coding, with words, or with both."""
    written: Json = {}
    if code is not None:
        written["coding"] = [{"code": code} if system is None else {"system": system, "code": code}]
    if text is not None:
        written["text"] = text
    return written


def loinc(code: str) -> Json:
    return concept(code, LOINC)


def snomed(code: str) -> Json:
    return concept(code, SNOMED)


def quantity(value: float | str, unit: str, comparator: str | None = None) -> Json:
    """A quantity in UCUM."""
    written: Json = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return written if comparator is None else {**written, "comparator": comparator}


def patient(own_id: str = "p1", /, **elements: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": own_id,
        "gender": "female",
        "birthDate": "1990-04-02",
        **elements,
    }


def resource(kind: str, own_id: str, /, **elements: Any) -> Json:
    """A resource of patient ``p1``; ``None`` leaves a default out."""
    holder = "patient" if kind in ("AllergyIntolerance", "Immunization", "Consent", "Device") else "subject"
    if kind == "ResearchSubject":
        holder = "individual"
    written = {"resourceType": kind, "id": own_id, holder: {"reference": "Patient/p1"}, **elements}
    return {name: value for name, value in written.items() if value is not None}


def specimen(collected: str | None, own_id: str = "s1", **elements: Any) -> Json:
    """A specimen of patient ``p1``."""
    collection = None if collected is None else {"collectedDateTime": collected}
    return resource("Specimen", own_id, collection=collection, **elements)


def observation(code: str | Json, own_id: str = "o1", /, **elements: Any) -> Json:
    """A final Observation of patient ``p1`` on 1 June 2026."""
    written: Json = {
        "status": "final",
        "code": loinc(code) if isinstance(code, str) else code,
        "effectiveDateTime": "2026-06-01",
    }
    return resource("Observation", own_id, **{**written, **elements})


def bundle(*resources: Json, kind: str = "collection", **elements: Any) -> Json:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": one} for one in resources],
        **elements,
    }


def body(document: Json) -> bytes:
    return json.dumps(document).encode()


def read(*resources: Json, who: Json | None = None) -> PatientFacts:
    """The facts of patient ``p1`` from these resources."""
    (facts,) = read_patients(body(bundle(who or patient(), *resources)))
    return facts


def events(kind: type[T], *resources: Json) -> list[T]:
    """The events of a kind that these resources give."""
    return [event for event in read(*resources).events if isinstance(event, kind)]


def event(kind: type[T], *resources: Json) -> T:
    """The one event of a kind that these resources give."""
    (found,) = events(kind, *resources)
    return found


def result(name: str, *resources: Json, who: Json | None = None) -> Measurement:
    """The one usable result that these resources give for a criterion input."""
    facts = read(*resources, who=who)
    (found,) = facts.measurements.get(name, ())
    return found


def refused(name: str, *resources: Json, who: Json | None = None) -> Unusable:
    """The one unusable result; there is no usable one."""
    facts = read(*resources, who=who)
    assert not facts.measurements.get(name)
    (found,) = facts.unusable.get(name, ())
    return found
